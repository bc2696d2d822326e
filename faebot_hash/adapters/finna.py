"""Finna's record and its first picture: two requests at most, to Finna's own hosts, within seconds.

Record: https://api.finna.fi/swagger-ui, ``/v1/record``. No redirect is followed, so that two requests stay
two; addresses are looked up once and vetted.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlencode, urljoin

from urllib3.util import parse_url

from faebot_hash.adapters.addresses import PublicOnly
from faebot_hash.adapters.exchange import PORTS, Exchange, UnansweredError, agent_of
from faebot_hash.adapters.vetted import Resolver, system_resolver

DEADLINE_S = 4.0
RECORD_BYTES = 1_000_000
PICTURE_BYTES = 8_000_000
HOSTS = frozenset({"api.finna.fi", "finna.fi", "www.finna.fi"})
_PICTURES = "https://finna.fi"


class Trouble(Enum):
    """Why there is no picture, with what to tell whoever asked."""

    NOT_FOUND = "Finna record not found"
    NOT_ONE = "Multiple Finna records found"
    NO_PICTURE = "Finna record has no image"
    BROKEN = "Finna's answer cannot be used"
    SLOW = "Finna did not answer in time"


@dataclass(frozen=True)
class NoPicture:
    """What came in place of a picture; ``detail`` is for the log."""

    trouble: Trouble
    detail: str = ""


class _Refused(Exception):  # noqa: N818 - carries a verdict out of the reading
    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(trouble, detail)
        self.verdict = NoPicture(trouble, detail)


class Finna:
    """Finds the picture of a Finna record; safe to use from several threads.

    ``base_url`` is Finna's API; where it is another host than Finna's, pictures may only come from there.
    """

    def __init__(
        self,
        base_url: str,
        contact: str,
        *,
        policy: PublicOnly | None = None,
        resolver: Resolver = system_resolver,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._base_url = base_url
        own = parse_url(base_url).host or ""
        self._hosts = HOSTS if own in HOSTS else frozenset({own})
        self._pictures = _PICTURES if own in HOSTS else base_url
        self._policy = policy or PublicOnly()
        self._resolver = resolver
        self._deadline_s = deadline_s
        self._agent = agent_of(contact)

    def picture_of(self, finna_id: str) -> bytes | NoPicture:
        """Fetch the small form of a record's first picture."""
        ends_at = time.monotonic() + self._deadline_s
        exchange = Exchange(self._policy, self._resolver, self._agent, ends_at)
        query = [("id", finna_id), ("field[]", "id"), ("field[]", "imagesExtended")]
        try:
            status, record = self._get(
                exchange, f"{self._base_url}/v1/record?{urlencode(query)}", RECORD_BYTES
            )
            address = _picture_address(status, record)
            status, picture = self._get(exchange, urljoin(self._pictures, address), PICTURE_BYTES)
        except _Refused as refusal:
            return refusal.verdict
        except ValueError as error:
            return NoPicture(Trouble.BROKEN, f"no usable address: {error}")
        if status in (404, 410):
            return NoPicture(Trouble.NO_PICTURE, f"HTTP {status}")
        return picture if status == 200 and picture else NoPicture(Trouble.BROKEN, f"HTTP {status}")

    def _get(self, exchange: Exchange, url: str, most_bytes: int) -> tuple[int, bytes]:
        parts = parse_url(url)
        if parts.scheme not in PORTS or parts.host not in self._hosts or parts.auth is not None:
            raise _Refused(Trouble.BROKEN, f"{parts.scheme} to {parts.host}")
        try:
            return exchange.ask("GET", url, most_bytes)
        except UnansweredError as error:
            raise _Refused(Trouble.SLOW if error.is_late else Trouble.BROKEN, error.detail) from error


def _picture_address(status: int, body: bytes) -> str:
    """Read the address of the first picture in a record."""
    pictures = _record(_answer(status, body)).get("imagesExtended") or []
    if not isinstance(pictures, list):
        raise _Refused(Trouble.BROKEN, "no list of images")
    if not pictures:
        raise _Refused(Trouble.NO_PICTURE)
    urls = pictures[0].get("urls") if isinstance(pictures[0], dict) else None
    address = urls.get("small") if isinstance(urls, dict) else None
    if not isinstance(address, str) or not address:
        raise _Refused(Trouble.BROKEN, "an image without an address")
    return address


def _answer(status: int, body: bytes) -> dict[str, Any]:
    if status >= 500 or status == 429 or 300 <= status < 400:
        raise _Refused(Trouble.BROKEN, f"HTTP {status}")
    if status in (404, 410):
        raise _Refused(Trouble.NOT_FOUND, f"HTTP {status}")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Refused(Trouble.BROKEN, f"no JSON: {error}"[:200]) from error
    if not isinstance(answer, dict) or "status" not in answer:
        raise _Refused(Trouble.BROKEN, "not an answer of Finna's")
    if answer["status"] != "OK":
        raise _Refused(Trouble.NOT_FOUND, str(answer["status"])[:200])
    return answer


def _record(answer: dict[str, Any]) -> dict[str, Any]:
    count, records = answer.get("resultCount"), answer.get("records", [])
    if type(count) is not int or not isinstance(records, list):
        raise _Refused(Trouble.BROKEN, "no count of records")
    if count != 1:
        raise _Refused(Trouble.NOT_ONE, f"{count} records")
    if len(records) != 1 or not isinstance(records[0], dict):
        raise _Refused(Trouble.BROKEN, "another number of records than told")
    return records[0]
