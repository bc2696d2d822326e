"""The routes of ImageHash-Toolforge, for clients that know those: same questions, answers and errors.

``docs/api.md`` lists where the answers differ, and why.
"""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path

from flask import Blueprint, Response, current_app, json, request, send_file

from faebot_hash.adapters.finna import NoPicture, Trouble
from faebot_hash.fingerprint import from_decimal
from faebot_hash.hash_index import IndexedPage
from faebot_hash.model import HASH_BITS
from faebot_hash.nearest import Query
from faebot_hash.reasons import Skipped
from faebot_hash.web.headers import CUT
from faebot_hash.web.names import full_name, thumbnail_address, title_of
from faebot_hash.web.refusals import Refused
from faebot_hash.web.service import MOST_PAGES, Service

MAX_DIFFERENCE = 3
SHORTEST = 3
LONGEST_TEXT = 1_000
DUMP = "commons_finna_imagehashes.json.gz"

_DIFFERENCE = re.compile(r"[0-9]{1,2}", re.ASCII)
_PAGE_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_FINNA_STATUS = {
    Trouble.NOT_FOUND: 404,
    Trouble.NOT_ONE: 404,
    Trouble.NO_PICTURE: 404,
    Trouble.BROKEN: 502,
    Trouble.SLOW: 504,
}


class _Watch:
    """The seconds since the request began, noted after each step for ``debug``."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.times: list[float] = []

    def note(self) -> None:
        self.times.append(time.monotonic() - self._began)


def compatible_routes(service: Service) -> Blueprint:
    """Make the blueprint."""
    routes = Blueprint("compatible", __name__)
    routes.add_url_rule("/search", "search", partial(_search, service))
    routes.add_url_rule("/pagesearch", "pagesearch", partial(_pagesearch, service))
    routes.add_url_rule("/finnasearch", "finnasearch", partial(_finnasearch, service))
    routes.add_url_rule("/externallinks", "externallinks", partial(_externallinks, service))
    routes.add_url_rule(f"/static/{DUMP}", "dump", partial(_dump, service))
    return routes


def _search(service: Service) -> Response:
    watch = _Watch()
    query, most_bits = _hashes(), _most_bits()
    watch.note()
    pages, more = _agreeing(service, query, most_bits)
    watch.note()
    return _answer(service, pages, more, watch, debug="debug" in request.args)


def _pagesearch(service: Service) -> Response:
    watch = _Watch()
    asked = _page(service)
    most_bits = _most_bits()
    watch.note()
    pages, more = _like(service, asked, most_bits)
    watch.note()
    return _answer(service, pages, more, watch, debug="debug" in request.args)


def _finnasearch(service: Service) -> Response:
    watch = _Watch()
    finna_id = request.args.get("finna_id", "")
    if not finna_id:
        raise Refused(400, "Missing finna_id parameter")
    if len(finna_id) > LONGEST_TEXT or not finna_id.isprintable():
        raise Refused(400, "finna_id is no id of Finna's")
    most_bits = _most_bits()
    picture = service.records.picture_of(finna_id)
    watch.note()
    if isinstance(picture, NoPicture):
        current_app.logger.info("Finna: %s (%s)", picture.trouble.value, picture.detail)
        raise Refused(_FINNA_STATUS[picture.trouble], picture.trouble.value)
    hashes = service.pictures.fingerprint(picture)
    watch.note()
    if isinstance(hashes, Skipped):
        raise Refused(502, f"Finna's image cannot be used: {hashes.reason.sentence}")
    query = Query(hashes.phash, hashes.dhash)
    pages, more = ([], False) if hashes.low_information else _agreeing(service, query, most_bits)
    watch.note()
    return _answer(service, pages, more, watch, debug="debug" in request.args)


def _externallinks(service: Service) -> Response:
    watch = _Watch()
    domain_index, path = _link()
    if service.links is None:
        raise Refused(404, "External links cannot be searched here")
    watch.note()
    found = service.links.linking(domain_index, path, MOST_PAGES)
    watch.note()
    pages = [IndexedPage(page_id, title.replace("_", " "), "") for page_id, title in found]
    more = len(pages) >= MOST_PAGES  # asking for one more would be beyond what a query may ask
    return _answer(service, pages, more, watch, debug=bool(request.args.get("debug")))


def _dump(service: Service) -> Response:
    path = Path(service.settings.dump_file).resolve() if service.settings.dump_file else None
    if path is None or not path.is_file():
        raise Refused(404, "There is no table of all hashes here")
    return send_file(path, mimetype="application/gzip", conditional=True)


def _hashes() -> Query:
    dhash, phash = request.args.get("dhash", ""), request.args.get("phash", "")
    if not dhash or not phash:
        raise Refused(400, "Missing dhash or phash parameter")
    try:
        return Query(from_decimal(phash), from_decimal(dhash))
    except ValueError:
        raise Refused(400, "dhash and phash must be integers, decimal, from 0 to 2^64 - 1") from None


def _most_bits() -> int:
    """Read how many bits may differ, -1 for none at all: the parameter is what they must be fewer than."""
    told = request.args.get("maxdifference")
    if told is None:
        return MAX_DIFFERENCE - 1
    if not _DIFFERENCE.fullmatch(told) or int(told) > HASH_BITS:
        raise Refused(400, "maxdifference must be integer, from 0 to 64")
    return int(told) - 1


def _page(service: Service) -> int:
    page_id, title = request.args.get("page_id"), title_of(request.args.get("page_title", ""))
    if title:
        page = service.pages.page_titled(title)
        if page is None:
            raise Refused(404, "No page found with the provided title")
        return page.page_id
    if not page_id:
        raise Refused(400, "Missing page_id or page_title parameter")
    if not _PAGE_ID.fullmatch(page_id) or int(page_id) >= 1 << 63:
        raise Refused(400, "page_id must be integers")
    return int(page_id)


def _link() -> tuple[str, str]:
    domain_index, path = (request.args.get(name, "") for name in ("el_to_domain_index", "el_to_path"))
    if not domain_index and not path:
        raise Refused(
            400,
            "Missing el_to_domain_index and el_to_path parameters. Example: /externallinks?"
            "el_to_domain_index=fi.finna&el_to_path=museovirasto.DCCAB48D57705BAA2ADD460616E764F6",
        )
    if not domain_index:
        raise Refused(400, "Missing el_to_domain_index parameter. Example value: fi.finna")
    if len(domain_index) < SHORTEST and not domain_index.startswith("%"):
        raise Refused(400, "el_to_domain_index parameter is too short. Example value: fi.finna")
    if not path:
        raise Refused(400, "Missing el_to_path parameter")
    if len(path) < SHORTEST:
        raise Refused(400, "el_to_path parameter is too short")
    for name, text in (("el_to_domain_index", domain_index), ("el_to_path", path)):
        if len(text) > LONGEST_TEXT or "\0" in text:
            raise Refused(400, f"{name} parameter is too long or no text")
    return domain_index, path


def _agreeing(service: Service, query: Query, most_bits: int) -> tuple[list[IndexedPage], bool]:
    if most_bits < 0:
        return [], False
    found = service.agreeing(query, most_bits)
    return sorted((near.page for near in found.pages), key=_by_id), found.more


def _like(service: Service, page_id: int, most_bits: int) -> tuple[list[IndexedPage], bool]:
    """Find what is like an indexed page; the page itself is in the answer, whoever else is."""
    hashed = service.pages.hashes_of(page_id, service.index.current().basis)
    itself = service.pages.pages([page_id]).get(page_id)
    if hashed is None or itself is None or most_bits < 0:
        return [], False
    if hashed.low_information:
        return [itself], False
    found = service.agreeing(Query(hashed.phash, hashed.dhash), most_bits)
    others = [near.page for near in found.pages if near.page.page_id != page_id]
    more = found.more or len(others) >= MOST_PAGES
    return sorted([itself, *others[: MOST_PAGES - 1]], key=_by_id), more


def _by_id(page: IndexedPage) -> int:
    return page.page_id


def _answer(service: Service, pages: list[IndexedPage], more: bool, watch: _Watch, debug: bool) -> Response:
    """Write the array; with ``debug`` the times are its last element."""
    wiki_url = service.settings.wiki_url
    body: list[object] = [
        {
            "page_id": page.page_id,
            "page_title": full_name(page.title),
            "thumbnail": thumbnail_address(wiki_url, page.title),
        }
        for page in pages
    ]
    watch.note()
    if debug:
        body.append(watch.times)
    response = Response(json.dumps(body, indent=4), mimetype="application/json")
    if more:
        response.headers[CUT] = str(MOST_PAGES)
    return response
