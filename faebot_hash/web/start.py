"""Starts the service from settings: for a WSGI server, ``faebot_hash.web.start:app()``.

``FAEBOT_SETTINGS`` names the settings file, ``FAEBOT_SET`` changes to it, SECTION.KEY=VALUE in lines;
``FAEBOT_STORE`` and ``FAEBOT_INDEX`` name a store and a folder in place of the settings' own.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from flask import Blueprint, Flask

from faebot_hash import settings_file
from faebot_hash.adapters.decoders import Decoders
from faebot_hash.adapters.external_links import ReplicaLinks
from faebot_hash.adapters.finna import Finna
from faebot_hash.adapters.index_reader import IndexReader
from faebot_hash.adapters.judgement_desk import JudgementDesk
from faebot_hash.adapters.live_index import LiveIndex
from faebot_hash.adapters.login_secrets import login_secrets, session_key
from faebot_hash.adapters.oauth import WikimediaLogin
from faebot_hash.adapters.review_reader import ReviewReader
from faebot_hash.errors import StoreError
from faebot_hash.fingerprint import current_basis
from faebot_hash.images import Limits
from faebot_hash.nearest import Query
from faebot_hash.pairs import Within
from faebot_hash.settings import Settings
from faebot_hash.web.app import create_app
from faebot_hash.web.login import login_routes
from faebot_hash.web.pages import page_routes
from faebot_hash.web.questions import MOST_BITS
from faebot_hash.web.review import review_routes
from faebot_hash.web.review_api import review_api_routes
from faebot_hash.web.review_ports import Desk, Reviews
from faebot_hash.web.service import Service
from faebot_hash.web_settings import Login

SETTINGS = "FAEBOT_SETTINGS"
CHANGES = "FAEBOT_SET"
STORE = "FAEBOT_STORE"
INDEX = "FAEBOT_INDEX"

PICTURE = Limits(pixels=25_000_000, decoded_bytes=100_000_000)
HASHED_IN_S = 2.0
DECODERS = 2


def app() -> Flask:
    """Make the application that the environment names; raises SettingsError, StoreError."""
    store_url, folder = os.environ.get(STORE, ""), os.environ.get(INDEX, "")
    settings = named_settings()
    key, login = login_of(settings)
    reader, index = index_of(settings, store_url, folder)
    service = service_of(settings, reader, index)
    _warm(service)
    desk = JudgementDesk(store_url or settings.store.url)
    return create_app(service, pages_of(service, ReviewReader(reader), desk, login), session_key=key)


def _warm(service: Service) -> None:
    """Open the index and search once, so that nobody waits for it; a start without a store is one, too."""
    with suppress(StoreError):
        service.agreeing(Query(0, 0), 0)
        service.near(Query(0, 0), Within(MOST_BITS, MOST_BITS, both=True), 1)


def pages_of(service: Service, reviews: Reviews, desk: Desk, login: Blueprint) -> list[Blueprint]:
    """List what is joined to the interfaces on hashes: pages for people, the review and the login."""
    wiki_url = service.settings.wiki_url
    review = [review_routes(reviews, desk, wiki_url), review_api_routes(reviews, wiki_url)]
    return [page_routes(service), *review, login]


def login_of(settings: Settings) -> tuple[str, Blueprint]:
    """Give the key that signs cookies, "" for none, and the login's routes; raises SettingsError."""
    web = settings.web
    if web.login is Login.WIKIMEDIA:
        told = login_secrets(web.oauth_client_file)
        callback_url = f"{web.public_url}/login/callback"
        accounts = WikimediaLogin(told.client, callback_url, web.wiki_url, settings.http.contact)
        return told.session_key, login_routes(web, accounts)
    return session_key() if web.login is Login.PRACTICE else "", login_routes(web)


def named_settings() -> Settings:
    """Read the settings file that the environment names."""
    path = Path(os.environ.get(SETTINGS) or settings_file.DEFAULT_PATH)
    return settings_file.load(path, os.environ.get(CHANGES, "").splitlines())


def service_of(settings: Settings, reader: IndexReader, index: LiveIndex) -> Service:
    """Join the parts that answer questions; raises StoreError for a replica that cannot be asked."""
    web = settings.web
    links = ReplicaLinks(web.replica_url, web.statement_s) if web.replica_url else None
    pictures, records = Decoders(PICTURE, DECODERS, HASHED_IN_S), Finna(web.finna_url, settings.http.contact)
    return Service(web, index, reader, pictures, records, links)


def index_of(
    settings: Settings, store_url: str = "", index_folder: str = ""
) -> tuple[IndexReader, LiveIndex]:
    """Open the store for reading, and its search index; raises StoreError."""
    reader = IndexReader(store_url or settings.store.url, settings.web.statement_s)
    basis = current_basis("thumbnail", settings.hashing.thumb_width_px)
    return reader, LiveIndex(Path(index_folder or settings.web.index_folder), reader, basis)
