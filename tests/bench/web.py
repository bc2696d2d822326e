"""``make bench``: the web service under load, with a million indexed files and one hash that 100,000 share.

Clients keep their connections and ask the next question as soon as they have an answer. They share the
machine with the service, so what is measured is less than it could do alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, insert, update

from faebot_hash.adapters.schema import basis as basis_table
from faebot_hash.adapters.schema import counter
from faebot_hash.adapters.store import Store
from faebot_hash.fingerprint import current_basis
from tests.practice.places import CACHE
from tests.practice.server import HOST, free_port

FILES = 1_000_000
ALIKE = 100_000
CLIENTS = 32
SECONDS = 60
OVERLOAD = 10
SHARED = 0x9E5BE1E1C48C87A5
ROWS_AT_ONCE = 50_000
SETTINGS = """
[web]
requests_per_minute = 100000
"""

Question = Callable[[random.Random], str]


@dataclass(frozen=True)
class Load:
    """What clients saw: the seconds of each answer, and how many there were of each status."""

    seconds: float
    latencies_s: list[float]
    statuses: Counter[int]

    def at(self, share: float) -> float:
        """Give the latency in milliseconds that a share of the answers kept below."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1_000


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
        _measure(f"/search, {ALIKE:,} equal", port, crowd, 4, min(5, options.seconds), pids)
        clients = OVERLOAD * options.clients
        _measure(f"/search, {clients} clients", port, search, clients, min(20, options.seconds), pids)
        began = time.monotonic()
        assert _answers(port)
        print(f"answers {time.monotonic() - began:.1f} s after the overload")


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
        while not _answers(port):
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


def _answers(port: int) -> bool:
    try:
        return asyncio.run(_asked_once(port, "/healthz")) == 200
    except OSError:
        return False


async def _asked_once(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    status, _ = await _ask(reader, writer, path)
    writer.close()
    return status


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> tuple[int, bytes]:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


def _loaded(port: int, question: Question, clients: int, seconds: int) -> Load:
    """Load the service from one process beside this one."""
    with ProcessPoolExecutor(1) as process:
        return process.submit(_load, port, question, clients, seconds).result()


def _load(port: int, question: Question, clients: int, seconds: int) -> Load:
    return asyncio.run(_clients(port, question, clients, seconds))


async def _clients(port: int, question: Question, clients: int, seconds: int) -> Load:
    load = Load(seconds, [], Counter())
    ends_at = time.monotonic() + seconds
    await asyncio.gather(*(_client(port, question, number, ends_at, load) for number in range(clients)))
    return load


async def _client(port: int, question: Question, number: int, ends_at: float, load: Load) -> None:
    chance = random.Random(number)
    streams = None
    while time.monotonic() < ends_at:
        path = question(chance)
        began = time.monotonic()
        try:
            streams = streams or await asyncio.open_connection(HOST, port)
            status, body = await _ask(*streams, path)
        except (OSError, asyncio.IncompleteReadError):
            load.statuses[0] += 1
            streams = None
            continue
        load.latencies_s.append(time.monotonic() - began)
        load.statuses[status] += 1
        assert body.count(b'"page_id"') <= 100
    if streams:
        streams[1].close()


def _measure(name: str, port: int, question: Question, clients: int, seconds: int, pids: list[int]) -> None:
    """Load the service and say what came of it; its own processor time does not depend on its neighbours."""
    before_s = sum(_processor_s(pid) for pid in pids)
    load = _loaded(port, question, clients, seconds)
    spent_ms = (sum(_processor_s(pid) for pid in pids) - before_s) * 1_000
    memory_mb = sum(_peak_bytes(pid) for pid in pids) / 1e6
    failed = sum(count for status, count in load.statuses.items() if status != 200)
    print(
        f"{name:28} {len(load.latencies_s) / load.seconds:7,.0f} requests/s   p50 {load.at(0.5):6.1f} ms   "
        f"p99 {load.at(0.99):6.1f} ms   longest {load.at(1):6.1f} ms   {failed} errors   "
        f"{spent_ms / max(1, len(load.latencies_s)):.2f} ms of processor each   {memory_mb:,.0f} MB"
    )


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    main()
