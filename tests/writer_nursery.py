"""A process that forks writers of a store, to be killed by a test, without starting an interpreter for each.

For each line on its standard input it forks a writer with that number and prints ``writer PID``; the
writer prints ``NUMBER-COUNT STATE`` when the store has acknowledged a step of a journal row, or of the
history of links when it was started with the word ``links``; after its death a line ``ended`` follows.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from itertools import count

from faebot_hash.adapters.store import Store
from faebot_hash.links import Observation, Verdict
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.ports import Intent

BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
HASHES_AT_ONCE = 20
START = datetime(2026, 1, 1, tzinfo=UTC)
LINKS = [f"https://example.org/{number}" for number in range(20)]


def tell(line: str) -> None:
    """Print a line in one system call, so that a kill leaves it whole or out."""
    os.write(sys.stdout.fileno(), line.encode() + b"\n")


def write(address: str, number: int) -> None:
    """Write rows and fingerprints as fast as the disk takes them."""
    with Store.open(address) as store:
        for done in count():
            token = f"{number}-{done}"
            sha1 = f"{number:020x}{done:020x}"
            partners = ((done, sha1), (done + 1, sha1))
            store.plan(
                Intent(token, done, "A.jpg", 1, sha1, sha1, "test", run=str(number), partners=partners)
            )
            tell(f"{token} PLANNED")
            store.sent(token, datetime.now(UTC))
            tell(f"{token} SENT")
            if done % 3:
                store.settle(token, "DONE", revid=done)
                tell(f"{token} DONE")
            if done % 5 == 0:
                picture = Fingerprint(number, done, 0, 0, low_information=False)
                store.put({f"{number:020x}{done + n:020x}": picture for n in range(HASHES_AT_ONCE)}, BASIS)
                tell(f"{token} HASHED")


def observations(number: int, done: int) -> dict[str, Observation]:
    """Give what a writer observes at a step: the same links again and again, and one that is new."""
    at = START + timedelta(days=number, minutes=done)
    seen = {
        url: Observation(at, list(Verdict)[(number + done + place) % 5 % 3])
        for place, url in enumerate(LINKS)
    }
    return {**seen, f"https://example.org/{number}-{done}": Observation(at, Verdict.UNKNOWN)}


def observe(address: str, number: int) -> None:
    """Write observations as fast as the disk takes them."""
    with Store.open(address) as store:
        for done in count():
            store.observe(observations(number, done))
            tell(f"{number}-{done} OBSERVED")


def main(address: str, what: str) -> None:
    """Fork a writer for each number asked for, one at a time."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            tell(f"writer {os.getpid()}")
            {"edits": write, "links": observe}[what](address, int(line))
        os.waitpid(child, 0)
        tell("ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
