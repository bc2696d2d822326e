"""Numbers that grow with each write, in the order of the commits."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from faebot_hash.adapters.schema import counter

JOURNAL = "journal"
CHANGE = "change"


def next_number(connection: Connection, name: str) -> int:
    """Take the next number; other writers wait for theirs until this transaction has ended.

    So whoever reads a number knows that all smaller ones are there or never will be.
    """
    connection.execute(update(counter).where(counter.c.name == name).values(value=counter.c.value + 1))
    return last_number(connection, name)


def last_number(connection: Connection, name: str) -> int:
    """Tell the last number taken."""
    number: int = connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar_one()
    return number
