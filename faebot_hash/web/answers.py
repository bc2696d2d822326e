"""Answers the three questions of near search: what is near hashes, a page, or a picture that was sent."""

from __future__ import annotations

from dataclasses import dataclass

from faebot_hash.hash_index import IndexedPage
from faebot_hash.model import Fingerprint
from faebot_hash.nearest import Query
from faebot_hash.reasons import Skipped
from faebot_hash.web.questions import Question
from faebot_hash.web.refusals import Refused
from faebot_hash.web.service import MOST_PAGES, Found, Service

BOTH = Query(0, 0)
"""Stands for the hashes of a page or picture while its tolerances are read: there are always both."""


@dataclass(frozen=True)
class Answer:
    """The hashes that were searched, and what is near them.

    ``page`` is the page that was asked about; ``low_information`` is None where hashes were asked alone,
    and where it is True nothing is found.
    """

    query: Query
    question: Question
    found: Found
    page: IndexedPage | None = None
    low_information: bool | None = None


def near_hashes(service: Service, query: Query, question: Question) -> Answer:
    """Find what is near hashes."""
    return Answer(query, question, service.near(query, question.within, question.limit))


def near_page(service: Service, asked: int | str, question: Question) -> Answer:
    """Find what is near a page, itself left out; refuses pages that are not in the index."""
    page = (
        service.pages.page_titled(asked)
        if isinstance(asked, str)
        else service.pages.pages([asked]).get(asked)
    )
    if page is None:
        raise Refused(404, "The index knows no such page")
    basis = service.index.current().basis
    hashed = service.pages.hashes_of(page.page_id, basis)
    if hashed is None:
        raise Refused(404, "The file of this page has not been hashed")
    query = Query(hashed.phash, hashed.dhash)
    if hashed.low_information:
        return Answer(query, question, Found((), basis, more=False), page, low_information=True)
    found = service.near(query, question.within, min(question.limit + 1, MOST_PAGES))
    others = tuple(one for one in found.pages if one.page.page_id != page.page_id)
    kept = Found(others[: question.limit], found.basis, found.more or len(others) > question.limit)
    return Answer(query, question, kept, page, low_information=False)


def hashes_of(service: Service, picture: bytes) -> Fingerprint:
    """Hash a picture, of which nothing is kept; refuses what cannot be hashed."""
    hashes = service.pictures.fingerprint(picture)
    if isinstance(hashes, Skipped):
        raise Refused(422, f"The picture cannot be hashed: {hashes.reason.sentence}")
    return hashes


def near_picture(service: Service, hashes: Fingerprint, question: Question) -> Answer:
    """Find what is near the hashes of a picture."""
    query = Query(hashes.phash, hashes.dhash)
    if hashes.low_information:
        nothing = Found((), service.index.current().basis, more=False)
        return Answer(query, question, nothing, low_information=True)
    found = service.near(query, question.within, question.limit)
    return Answer(query, question, found, low_information=False)
