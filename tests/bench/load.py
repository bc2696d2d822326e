"""Clients of the web service, in a process of their own: patient ones, and a crowd that does not wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.practice.server import HOST

CONNECTIONS = 900

Question = Callable[[random.Random], str]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


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


def answers(port: int, path: str = "/healthz") -> bool:
    """Tell whether the service answers a question with 200."""
    try:
        return asyncio.run(_asked_once(port, path)) == 200
    except OSError:
        return False


def loaded(port: int, question: Question, clients: int, seconds: int) -> Load:
    """Let clients ask, each as soon as it has its answer."""
    with ProcessPoolExecutor(1) as process:
        return process.submit(_load, port, question, clients, seconds).result()


def flooded(port: int, question: Question, per_s: float, seconds: int) -> Load:
    """Ask at a steady rate, whether or not there are answers, over at most 900 connections."""
    with ProcessPoolExecutor(1) as process:
        return process.submit(_flood, port, question, per_s, seconds).result()


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


def _flood(port: int, question: Question, per_s: float, seconds: int) -> Load:
    return asyncio.run(_flooded(port, question, per_s, seconds))


async def _flooded(port: int, question: Question, per_s: float, seconds: int) -> Load:
    """Ask at a steady rate, whether or not there are answers; a connection carries one question at a time."""
    load, chance = Load(seconds, [], Counter()), random.Random(10)
    idle: list[Streams] = []
    under_way: set[asyncio.Task[None]] = set()
    began = time.monotonic()

    async def ask(path: str) -> None:
        asked = time.monotonic()
        try:
            status = 0
            while not status:
                reused = bool(idle)
                streams = idle.pop() if idle else await asyncio.open_connection(HOST, port)
                try:
                    status, _ = await _ask(*streams, path)
                except (OSError, asyncio.IncompleteReadError):
                    if not reused:  # one that was kept may have been closed for its idleness
                        raise
            idle.append(streams)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        load.latencies_s.append(time.monotonic() - asked)
        load.statuses[status] += 1

    number = 0
    while (elapsed_s := time.monotonic() - began) < seconds:
        while number < elapsed_s * per_s and len(under_way) < CONNECTIONS:
            task = asyncio.create_task(ask(question(chance)))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            number += 1
        number = max(number, int(elapsed_s * per_s))
        await asyncio.sleep(0.002)
    await asyncio.gather(*under_way)
    for _, writer in idle:
        writer.close()
    return load


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
