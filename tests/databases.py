"""The databases that the store's contract is tested on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests.mariadb_server import MariaServer, running, template


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaServer]:
    """Run one MariaDB server, fast and forgetful, for all tests."""
    try:
        template()
    except FileNotFoundError as error:
        pytest.skip(f"unavailable: {error}")
    with running() as server:
        yield server


KINDS = ("sqlite", "mariadb")


def address_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database without rows."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    server: MariaServer = request.getfixturevalue("mariadb")
    return server.clean_database()


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database without rows, of each kind in turn."""
    return address_of(request.param, request, tmp_path)


def run_sql(address: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements past the store, in one transaction, and give the last one's rows."""
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            answer = connection.exec_driver_sql(statement)
        return [tuple(row) for row in answer] if answer.returns_rows else []
