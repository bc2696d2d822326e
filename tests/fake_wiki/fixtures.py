"""Fixtures for scenarios: one server and one login for the whole run, a fresh scene for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faebot_hash.adapters.commons import Commons
from tests.fake_wiki.site import quick, site_of
from tests.fake_wiki.world import World


@pytest.fixture(scope="session")
def fake_wiki() -> Iterator[tuple[World, Commons]]:
    """Serve one fake wiki for the whole run, and open it through Pywikibot; most tests want ``world``."""
    world = World()
    with quick():
        commons = Commons(site_of(world.door.port, world.clock.sleep))
        commons.prepare()
    yield world, commons
    world.close()


@pytest.fixture
def world(fake_wiki: tuple[World, Commons]) -> Iterator[World]:
    """Give the fake wiki as it was in the beginning, with a Pywikibot that does not wait."""
    world, _ = fake_wiki
    world.reset()
    with quick():
        yield world
    world.calm()


@pytest.fixture
def world_commons(fake_wiki: tuple[World, Commons], world: World) -> Commons:
    """Give our adapter on the fake wiki, logged in."""
    commons = fake_wiki[1]
    commons.prepare()
    return commons
