"""``make bench``: the web service under load, with a million indexed files and one hash that 100,000 share.

Clients keep their connections and ask the next question as soon as they have an answer; only those of the
overload ask without waiting for anybody. They share the machine with the service, so what is measured is less
than it could do alone.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, insert, update

from faebot_hash.adapters.schema import basis as basis_table
from faebot_hash.adapters.schema import counter
from faebot_hash.adapters.store import Store
from faebot_hash.fingerprint import current_basis
from tests.bench.load import Question, answers, flooded, loaded
from tests.practice.places import CACHE
from tests.practice.server import HOST, free_port

FILES = 1_000_000
ALIKE = 100_000
CLIENTS = 32
SECONDS = 60
OVERLOAD = 10
OVERLOAD_SECONDS = 20
WELL_S = 0.2
SHARED = 0x9E5BE1E1C48C87A5
ROWS_AT_ONCE = 50_000
SETTINGS = """
[web]
requests_per_minute = 100000
"""


def hashes_of(number: int) -> tuple[int, int]:
    """Give the hashes of the n-th file: its own, or the one that the first 100,000 share."""
    chance = random.Random(number)
    phash, dhash = chance.getrandbits(64), chance.getrandbits(64)
    return (SHARED, dhash) if number <= ALIKE else (phash, dhash)


def search(chance: random.Random) -> str:
    """Ask in the compatible way for a file that there is, a bit or two away."""
    phash, dhash = hashes_of(chance.randint(ALIKE + 1, FILES))
    return f"/search?phash={phash}&dhash={dhash ^ 1 << chance.randrange(64)}"


def near(chance: random.Random) -> str:
    """Ask for what is within 8 bits of both hashes of a file."""
    phash, dhash = hashes_of(chance.randint(ALIKE + 1, FILES))
    phash ^= 1 << chance.randrange(64) | 1 << chance.randrange(64)
    return f"/api/v1/near?phash_dec={phash}&dhash_dec={dhash}&phash_bits=8&dhash_bits=8"


def crowd(chance: random.Random) -> str:
    """Ask for the hash that 100,000 share."""
    return f"/search?phash={SHARED}&dhash={chance.getrandbits(64)}&maxdifference=64"


def main() -> None:
    """Fill a store, serve it, load it, and print what came of it."""
    options = _options()
    with _store(options.files) as store, _served(store, options.workers, options.threads) as (port, pids):
        print(f"{options.files:,} files, {options.clients} clients, {options.seconds} s each, {HOST} only")
        for name, question in (("/search", search), ("near, 8 bits", near)):
            _measure(name, port, question, options.clients, options.seconds, pids)
        borne = _measure(f"/search, {ALIKE:,} equal", port, crowd, 8, min(5, options.seconds), pids)
        clients = OVERLOAD * options.clients
        _measure(f"/search, {clients} clients", port, search, clients, min(20, options.seconds), pids)
        _overload(port, borne, min(OVERLOAD_SECONDS, options.seconds), pids)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.web", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    return parser.parse_args()


@contextmanager
def _store(files: int) -> Iterator[Path]:
    """Fill a store past its own slow road: each row there is a promise, here it is ballast."""
    CACHE.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=CACHE) as folder:
        path = Path(folder) / "bench.sqlite"
        Store.open(f"sqlite:///{path}").close()
        engine = create_engine(f"sqlite:///{path}")
        basis = current_basis("thumbnail", 120)
        with engine.begin() as connection:
            connection.execute(insert(basis_table).values(id=1, **vars(basis)))
            connection.execute(update(counter).values(value=files))
        now = time.strftime("%Y-%m-%d %H:%M:%S.000000")
        for first in range(1, files + 1, ROWS_AT_ONCE):
            numbers = range(first, min(first + ROWS_AT_ONCE, files + 1))
            both = [(number, *map(_signed, hashes_of(number))) for number in numbers]
            with engine.begin() as connection:
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.executemany(
                    "INSERT INTO page (page_id, title, sha1, seen_at, change_number) VALUES (?,?,?,?,?)",
                    [(n, f"Benchmark file {n}.jpg", f"{n:040x}", now, n) for n in numbers],
                )
                raw.executemany(
                    "INSERT INTO fingerprint (sha1, basis_id, phash, dhash, ahash, whash, low_information,"
                    " hashed_at, change_number) VALUES (?,1,?,?,0,0,0,?,?)",
                    [(f"{n:040x}", phash, dhash, now, n) for n, phash, dhash in both],
                )
        engine.dispose()
        yield path


def _signed(value: int) -> int:
    return value - (value >> 63 << 64)


@contextmanager
def _served(store: Path, workers: int, threads: int) -> Iterator[tuple[int, list[int]]]:
    settings = store.with_name("faebot.toml")
    settings.write_text(f"{SETTINGS}workers = {workers}\nthreads = {threads}\n")
    port = free_port()
    command = [sys.executable, "-m", "faebot_hash", "serve", "--settings", str(settings)]
    command += ["--store", f"sqlite:///{store}", "--index", f"{store}.index", "--bind", f"{HOST}:{port}"]
    began = time.monotonic()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while not answers(port):
            assert server.poll() is None, "the service ended"
            time.sleep(0.2)
        print(f"index made and service up in {time.monotonic() - began:.1f} s")
        yield port, [server.pid, *_children(server.pid)]
    finally:
        os.kill(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in told]


def _overload(port: int, borne_per_s: float, seconds: int, pids: list[int]) -> None:
    """Ask ten times as much of the dearest question as is answered, and say how the service bears it."""
    per_s = OVERLOAD * borne_per_s
    load = flooded(port, crowd, per_s, seconds)
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        if answers(port, crowd(random.Random(0))) and time.monotonic() - asked < WELL_S:
            break
        assert time.monotonic() - began < 60, "the service does not recover"
    told = ", ".join(
        f"{count:,} x {status or 'no answer'}" for status, count in sorted(load.statuses.items())
    )
    print(
        f"overload, {per_s:,.0f} requests/s for {seconds} s: {told}; p50 {load.at(0.5):.0f} ms, p99 "
        f"{load.at(0.99):.0f} ms, longest {load.at(1):.0f} ms; {_memory(pids)}; "
        f"well again after {time.monotonic() - began:.1f} s"
    )


def _measure(name: str, port: int, question: Question, clients: int, seconds: int, pids: list[int]) -> float:
    """Load the service, say what came of it, and give the answers per second.

    Its own processor time does not depend on its neighbours.
    """
    before_s = sum(_processor_s(pid) for pid in pids)
    load = loaded(port, question, clients, seconds)
    spent_ms = (sum(_processor_s(pid) for pid in pids) - before_s) * 1_000
    busy = load.statuses[503]
    failed = load.statuses.total() - load.statuses[200] - busy
    print(
        f"{name:28} {len(load.latencies_s) / load.seconds:7,.0f} requests/s   p50 {load.at(0.5):6.1f} ms   "
        f"p99 {load.at(0.99):6.1f} ms   longest {load.at(1):6.1f} ms   {failed} errors   {busy} x 503   "
        f"{spent_ms / max(1, len(load.latencies_s)):.2f} ms of processor each   {_memory(pids)}"
    )
    return len(load.latencies_s) / load.seconds


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pids: list[int]) -> str:
    """Tell what the processes take, counting once what they share, and the largest of them at its peak."""
    shares = [_told_bytes(pid, "smaps_rollup", "Pss:") for pid in pids]
    largest = max(_told_bytes(pid, "status", "VmHWM:") for pid in pids)
    return f"{sum(shares) / 1e6:,.0f} MB in all, {largest / 1e6:,.0f} MB in one process"


def _told_bytes(pid: int, file: str, name: str) -> int:
    return int(Path(f"/proc/{pid}/{file}").read_text().split(name)[1].split()[0]) * 1024


if __name__ == "__main__":
    main()
