"""The observations of links as SQL, each function within a transaction that the store has begun."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select

from faebot_hash.adapters.batches import batches
from faebot_hash.adapters.schema import link, link_observation
from faebot_hash.adapters.upsert import upsert
from faebot_hash.links import Observation, Verdict, telling


def histories(connection: Connection, urls: Iterable[str]) -> dict[str, tuple[Observation, ...]]:
    """Look up observations, oldest first."""
    asked = {_key(url): url for url in urls}
    found: dict[str, list[Observation]] = defaultdict(list)
    query = select(link_observation).order_by(link_observation.c.at)
    for some in batches(asked):
        for row in connection.execute(query.where(link_observation.c.url_sha256.in_(some))):
            found[asked[row.url_sha256]].append(Observation(row.at, Verdict[row.verdict]))
    return {url: tuple(history) for url, history in found.items()}


def observe(connection: Connection, observations: Mapping[str, Observation]) -> None:
    """Add one observation to each address, and leave out what no longer tells anything.

    Of two at the same moment the one that is told later counts.
    """
    keys = {_key(url): url for url in observations}
    # Whoever else observes one of these links waits here, and reads what this adds.
    upsert(connection, link, [{"url_sha256": key, "url": _readable(url)} for key, url in keys.items()])
    known = histories(connection, observations)
    rows = []
    for key, url in keys.items():
        by_moment = {each.at: each for each in (*known.get(url, ()), observations[url])}
        rows += [
            {"url_sha256": key, "at": each.at, "verdict": each.verdict.name}
            for each in telling(by_moment.values())
        ]
    for some in batches(keys):
        connection.execute(delete(link_observation).where(link_observation.c.url_sha256.in_(some)))
    if rows:
        connection.execute(insert(link_observation), rows)


def _key(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _readable(url: str) -> str:
    """Give an address in characters that every database takes."""
    return url.encode("utf-8", "replace").decode("utf-8")
