"""The 38 ways a request can go wrong, numbered as in the safety rules."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus

from tests.fake_wiki.answers import Answer, ApiError, Parameters, given
from tests.fake_wiki.api import lagged

RETRY_AFTER_S = 7


class Manner(Enum):
    """How the bytes of a reply travel."""

    WHOLE = "whole"
    RESET = "reset"
    HANG = "hang"
    DRIP = "drip"
    CUT = "cut"


class Network(Enum):
    """What becomes of new connections."""

    OPEN = "open"
    REFUSED = "refused"
    SILENT = "silent"
    RESET_ONCE = "reset once"


@dataclass(frozen=True)
class Delivery:
    """One reply as it leaves the server."""

    body: bytes = b""
    status: HTTPStatus = HTTPStatus.OK
    manner: Manner = Manner.WHOLE
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: Answer) -> Delivery:
        """Deliver an answer of the API as it should be."""
        return cls(json.dumps(answer.document).encode(), headers=answer.headers)


class Fault(Enum):
    """One kind of fault: its number, its words, and whether only edits are answered so."""

    def __init__(self, number: int, words: str, edits_only: bool = False) -> None:
        self.number = number
        self.words = words
        self.edits_only = edits_only

    CONNECTION_REFUSED = (1, "connection refused")
    CONNECT_TIMEOUT = (2, "connect timeout")
    TLS_RESET = (3, "reset while connecting")
    RESET = (4, "connection reset")
    READ_TIMEOUT = (5, "read timeout")
    SLOW_DRIP = (6, "slow drip")
    TRUNCATED_JSON = (7, "truncated JSON")
    HTML_200 = (8, "HTML with 200")
    EMPTY_200 = (9, "empty 200")
    BAD_JSON = (10, "bad JSON")
    HTTP_500 = (11, "500")
    HTTP_502 = (12, "502")
    HTTP_503 = (13, "503")
    HTTP_504 = (14, "504")
    HTTP_429_RETRY_AFTER = (15, "429 with Retry-After")
    HTTP_429 = (16, "429 without Retry-After")
    MAXLAG = (17, "maxlag")
    RATELIMITED = (18, "ratelimited")
    READONLY = (19, "readonly", True)
    BADTOKEN = (20, "badtoken", True)
    ASSERTBOTFAILED = (21, "assertbotfailed", True)
    ASSERTNAMEDUSERFAILED = (22, "assertnameduserfailed", True)
    BLOCKED = (23, "blocked", True)
    PROTECTEDPAGE = (24, "protectedpage", True)
    EDITCONFLICT = (25, "editconflict", True)
    PAGEDELETED = (26, "pagedeleted", True)
    MISSINGTITLE = (27, "missingtitle, nosuchpageid by id", True)
    ABUSEFILTER_WARNING = (28, "abusefilter-warning", True)
    ABUSEFILTER_DISALLOWED = (29, "abusefilter-disallowed", True)
    SPAMBLACKLIST = (30, "spamblacklist", True)
    CAPTCHA = (31, "captcha", True)
    HOOKABORTED = (32, "hookaborted", True)
    DB_QUERY_ERROR = (33, "internal_api_error_DBQueryError")
    CONTENTTOOBIG = (34, "contenttoobig", True)
    FAILURE = (35, "result=Failure", True)
    NOCHANGE = (36, "nochange", True)
    MERGED = (37, "success with oldrevid other than the base", True)
    UNKNOWN_CODE = (38, "unknown code")

    @property
    def network(self) -> Network:
        """Tell what the fault does to new connections."""
        return _NETWORKS.get(self, Network.OPEN)

    @property
    def is_slow(self) -> bool:
        """Tell whether a client notices the fault only by its own timeout."""
        return self in (Fault.CONNECT_TIMEOUT, Fault.READ_TIMEOUT)

    @property
    def is_handled(self) -> bool:
        """Tell whether the wiki handles the request all the same: the answer is late, or not the expected."""
        return self in (Fault.SLOW_DRIP, Fault.MERGED)

    @property
    def may_follow_a_commit(self) -> bool:
        """Tell whether a reply can go wrong like this although the edit stands."""
        # A 429 comes from the edge, before MediaWiki sees the request.
        return self.number <= Fault.HTTP_504.number or self in (Fault.DB_QUERY_ERROR, Fault.UNKNOWN_CODE)


_NETWORKS = {
    Fault.CONNECTION_REFUSED: Network.REFUSED,
    Fault.CONNECT_TIMEOUT: Network.SILENT,
    Fault.TLS_RESET: Network.RESET_ONCE,
}
_STATUS = {
    Fault.HTTP_500: HTTPStatus.INTERNAL_SERVER_ERROR,
    Fault.HTTP_502: HTTPStatus.BAD_GATEWAY,
    Fault.HTTP_503: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault.HTTP_504: HTTPStatus.GATEWAY_TIMEOUT,
    Fault.HTTP_429_RETRY_AFTER: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.HTTP_429: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.HTML_200: HTTPStatus.OK,
}
_MANNERS = {
    Fault.CONNECTION_REFUSED: Manner.RESET,
    Fault.CONNECT_TIMEOUT: Manner.RESET,
    Fault.TLS_RESET: Manner.RESET,
    Fault.RESET: Manner.RESET,
    Fault.READ_TIMEOUT: Manner.HANG,
    Fault.SLOW_DRIP: Manner.DRIP,
    Fault.TRUNCATED_JSON: Manner.CUT,
}
_CODES = {
    Fault.RATELIMITED: ("ratelimited", "You've exceeded your rate limit."),
    Fault.READONLY: ("readonly", "The wiki is currently in read-only mode."),
    Fault.BADTOKEN: ("badtoken", "Invalid CSRF token."),
    Fault.ASSERTBOTFAILED: ("assertbotfailed", 'You do not have the "bot" right.'),
    Fault.ASSERTNAMEDUSERFAILED: ("assertnameduserfailed", "You are no longer logged in as that user."),
    Fault.BLOCKED: ("blocked", "You have been blocked from editing."),
    Fault.PROTECTEDPAGE: ("protectedpage", "This page has been protected to prevent editing."),
    Fault.EDITCONFLICT: ("editconflict", "Edit conflict."),
    Fault.PAGEDELETED: ("pagedeleted", "The page has been deleted since you fetched its timestamp."),
    Fault.ABUSEFILTER_WARNING: ("abusefilter-warning", "This action has been identified as harmful."),
    Fault.ABUSEFILTER_DISALLOWED: ("abusefilter-disallowed", "This action has been disallowed."),
    Fault.SPAMBLACKLIST: ("spamblacklist", "The text contains a blocked address."),
    Fault.HOOKABORTED: ("hookaborted", "The modification you tried to make was aborted by an extension."),
    Fault.DB_QUERY_ERROR: ("internal_api_error_DBQueryError", "[0] Caught exception: DBQueryError"),
    Fault.CONTENTTOOBIG: ("contenttoobig", "The content exceeds the article size limit."),
    Fault.UNKNOWN_CODE: ("somethingquitenew", "Something that no client has heard of."),
}


def struck(fault: Fault, asked: Parameters, real: Delivery | None) -> Delivery:
    """Give the reply under a fault; ``real`` is what would have been said, when the request was handled."""
    if fault in _MANNERS:
        whole = real or Delivery(b'{"batchcomplete":true,"query":{}}')
        return Delivery(whole.body, manner=_MANNERS[fault], headers=whole.headers)
    if fault in _STATUS:
        status = _STATUS[fault]
        headers = {"Retry-After": str(RETRY_AFTER_S)} if fault is Fault.HTTP_429_RETRY_AFTER else {}
        page = f"<!DOCTYPE html><html><title>{status.phrase}</title><p>Our servers are busy.</html>"
        return Delivery(page.encode(), status, content_type="text/html; charset=utf-8", headers=headers)
    if fault is Fault.EMPTY_200:
        return Delivery(b"")
    if fault is Fault.BAD_JSON:
        return Delivery(b'{"edit": Success, "query": }')
    return Delivery.of(_answer(fault, asked))


def _answer(fault: Fault, asked: Parameters) -> Answer:
    by_id = given(asked, "pageid")
    if fault is Fault.MAXLAG:
        return lagged(9, 5).answer()
    if fault is Fault.MISSINGTITLE:
        info = "There is no page with that ID." if by_id else "The page you specified doesn't exist."
        return ApiError("nosuchpageid" if by_id else "missingtitle", info).answer()
    if fault is Fault.CAPTCHA:
        captcha = {"type": "simple", "mime": "text/plain", "id": "1", "question": "3 + 4"}
        return Answer({"edit": {"result": "Failure", "captcha": captcha}})
    if fault is Fault.FAILURE:
        return Answer({"edit": {"result": "Failure"}})
    if fault is Fault.NOCHANGE:
        page = {"pageid": int(asked.get("pageid", 0)), "contentmodel": "wikitext"}
        return Answer({"edit": {"result": "Success", **page, "nochange": True}})
    return ApiError(*_CODES[fault]).answer()
