"""What the error numbers of MariaDB mean: what was lost, what may be tried again, and what to do."""

from __future__ import annotations

from enum import Enum

# mariadb.com/kb/en/mariadb-error-codes, and those of the client from 2000 on
_LOST = frozenset({1053, 1077, 1079, 1080, 1152, 1153, 1156, 1158, 1159, 1160, 1161, 1184, 1927, 4031})
_CLIENT = range(2000, 2100)
_IN_THE_WAY = frozenset({1020, 1205, 1213})
_CLOSED_FOR_NOW = frozenset({1290, 1836, 1792, 1040, 1203, 1226})
# The disk or a table space, and error 3 of the file system below.
_FULL = frozenset({3, 1021, 1026, 1114})
# The server may be starting and not know its accounts or tables yet.
_NOT_A_MATTER_OF_TIME = frozenset({2019, 2054, 2059})

_ADVICE = {
    1040: "the server has too many connections; start again later",
    1044: "give this account the right to use the database",
    1045: "mend the account's name or password: in the address, in replica.my.cnf or in the environment",
    1049: "make the database first, or mend its name in [store] url",
    1114: "the server has no room left; make room and start again, everything acknowledged is kept",
    3: "the server has no room left; make room and start again, everything acknowledged is kept",
    1026: "the server has no room left; make room and start again, everything acknowledged is kept",
    1021: "the server has no room left; make room and start again, everything acknowledged is kept",
    1142: "give this account the right to make, change and read the tables of its database",
    1193: "the server is no MariaDB of 10.4 or later; use one",
    1203: "this account has too many connections; end some of its programs and start again",
    1226: "this account has too many connections; end some of its programs and start again",
    1205: "another program holds what this one wants to write; look for it and start again",
    1213: "other programs write the same rows at the same time again and again; start again later",
    1290: "the server is read-only now; wait until it is back and start again",
    1792: "the server is read-only now; wait until it is back and start again",
    1836: "the server is read-only now; wait until it is back and start again",
    1969: "the server answers too slowly; start again later, or ask for less at once",
}
_UNREACHABLE = "look whether the server runs and can be reached, and start again"


class Trouble(Enum):
    """What an error asks for."""

    LOST = "the connection is lost: open another one, and try again"
    BUSY = "others are in the way, or the server is closed for now: try again"
    LASTING = "trying again would not help"


def trouble(number: int) -> Trouble:
    """Tell what an error number asks for."""
    if number in _LOST or (number in _CLIENT and number not in _NOT_A_MATTER_OF_TIME):
        return Trouble.LOST
    if number in _IN_THE_WAY or number in _CLOSED_FOR_NOW or number in _FULL:
        return Trouble.BUSY
    return Trouble.LASTING


def number_of(error: BaseException | None) -> int:
    """Give the number of a driver's error; what says nothing is a connection that broke."""
    first = error.args[0] if error is not None and error.args else 0
    number = first if isinstance(first, int) else 0
    return number or 2013


def advice(number: int) -> str:
    """Say what a person can do about an error number."""
    if number in _ADVICE:
        return _ADVICE[number]
    return _UNREACHABLE if trouble(number) is Trouble.LOST else "see the message and start again"
