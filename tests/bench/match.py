"""``make bench``: joins and look-ups of hashes beside their peers, in turn in the same run.

Each line names a target of the project, what this program took and what a peer took for the same values,
the ratio of the two (medians of the rounds), and what is asked of it. ``make bench-commons`` adds as many
hashes as Wikimedia Commons has files, in processes of their own, whose peak of memory is told.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import faiss
import imagehash
import numba
import numpy as np
import polars

from faebot_hash import join_kernels, join_numba, join_numpy
from faebot_hash.adapters.index_files import IndexFolder
from faebot_hash.bands import Values
from faebot_hash.groups import distinct
from faebot_hash.join import close_pairs, processors
from faebot_hash.nearest import HashSearch, Query
from faebot_hash.pairs import HashTable, Within

ROUNDS = 3
ENGINES = {"NumPy": join_numpy, "Numba": join_numba}
SLICE, INDEXED, COMMONS = 8_682, 130_000_000, 147_000_000

Runs = Mapping[str, Callable[[], object]]
Ask = Callable[[Values], object]
"""What answers a query, which is an array of one value."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a ratio: so many times as fast as the peer, or within so many times what it takes."""

    times: float
    within: bool = False

    def verdict(self, ratio: float) -> str:
        """Tell whether the ratio of the peer's time to ours is as asked."""
        if self.within:
            return (
                f"{1 / ratio:10.2f} ×  asked ≤ {self.times:g}  {'' if 1 / ratio <= self.times else 'MISSED'}"
            )
        return f"{ratio:10,.1f} ×  asked ≥ {self.times:g}  {'' if ratio >= self.times else 'MISSED'}"


def main() -> None:
    """Run what is asked for; a child process runs one join and tells its time and memory as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commons", action="store_true", help="147 million hashes, too")
    parser.add_argument("--only", nargs="*", type=int, default=range(2, 9), help="numbers of targets")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw each table there, too")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, engine, tolerance_bits = options.child
        print(json.dumps(_large(what, engine, int(tolerance_bits))))
        return
    _machine()
    _compile()
    parts = {2: original_slice, 3: hundred_thousand, 4: fourteen_million, 6: tolerance_of_eight}
    parts |= {7: queries, 8: equal_hashes}
    chosen = [measure for number, measure in parts.items() if number in options.only]
    for measure in [*chosen, all_of_commons, commons_queries] if options.commons else chosen:
        for measured in measure():
            measured.show()
            if options.plots:
                measured.draw(options.plots)


def _machine() -> None:
    """Tell what the figures depend on."""
    peers = {"NumPy": np, "Numba": numba, "DuckDB": duckdb, "faiss": faiss, "Polars": polars}
    versions = ", ".join(f"{name} {library.__version__}" for name, library in peers.items())
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {platform.machine()}, Python {platform.python_version()}")
    print(versions)
    print(f"{processors()} processors, load average {os.getloadavg()[0]:.1f}")


def _compile() -> None:
    started = time.perf_counter()
    for count in (3000, 300_000):
        _join(_values(count, 0), 2, "Numba")
    _brute(_values(100, 0), 8)
    print(f"kernels compiled or loaded in {time.perf_counter() - started:.1f} s; {processors()} processors\n")


def _values(count: int, seed: int = 1) -> Values:
    return distinct(np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64))


def _join(values: Values, tolerance_bits: int, engine: str) -> int:
    return sum(len(piece) for piece in close_pairs(values, tolerance_bits, engine=ENGINES[engine]))


def _timed(runs: Runs, rounds: int = ROUNDS) -> dict[str, float]:
    """Run each in turn, round by round, and give the medians in seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


@dataclass(frozen=True)
class Measured:
    """Medians in seconds, and which of them are compared."""

    heading: str
    taken: Mapping[str, float]
    comparisons: Sequence[tuple[str, str, Asked | None]] = ()

    def show(self) -> None:
        """Print the figures, the ratios and what is asked of them."""
        print(self.heading)
        for name, seconds in self.taken.items():
            print(f"    {name:44}{seconds * 1000:14,.3f} ms")
        for ours, peer, asked in self.comparisons:
            ratio = self.taken[peer] / self.taken[ours]
            print(f"  {ours} : {peer:32}{asked.verdict(ratio) if asked else f'{ratio:10,.2f} ×'}")
        print(flush=True)

    def draw(self, folder: Path) -> None:
        """Draw the medians as bars, on a logarithmic scale; needs the extra ``plots``."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 0.9 + 0.35 * len(self.taken)), layout="constrained")
        axes = figure.subplots()
        names, milliseconds = list(self.taken), [seconds * 1000 for seconds in self.taken.values()]
        bars = axes.barh(names, milliseconds, color=[_BARS[name in _peers(self)] for name in names])
        axes.bar_label(bars, labels=[f" {one:,.3g} ms" for one in milliseconds], fontsize=8)
        axes.set(xscale="log", xlabel="milliseconds")
        axes.set_title(self.heading.partition(" (")[0].partition("; peak")[0].strip(), fontsize=9, loc="left")
        axes.invert_yaxis()
        axes.margins(x=0.25)
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", self.heading.partition(" (")[0].partition(": ")[0].lower()).strip(
            "-"
        )
        figure.savefig(folder / f"match-{name}.png", dpi=90)


_BARS = ("#3366cc", "#a2a9b1")
"""Our own bars, and the peers' ones."""


def _peers(measured: Measured) -> set[str]:
    return {peer for _, peer, _ in measured.comparisons}


def original_slice() -> Iterator[Measured]:
    """The slice for which the original program took twenty minutes."""
    values = _values(SLICE)
    hashes = [imagehash.hex_to_hash(f"{value:016x}") for value in values.tolist()]
    looked_at = 250

    def nested_loops() -> int:
        return sum(one - other <= 2 for one in hashes[:looked_at] for other in hashes)

    taken = _timed({name: lambda name=name: _join(values, 2, name) for name in ENGINES}, 15)
    pairs = SLICE * (SLICE - 1) / 2
    taken["ImageHash objects in nested loops"] = _timed({"": nested_loops})[""] * pairs / (looked_at * SLICE)
    yield Measured(
        f"2. {SLICE:,} files, 2 bits (nested loops: part of them, scaled)",
        taken,
        [(name, "ImageHash objects in nested loops", Asked(10_000)) for name in ENGINES],
    )


def hundred_thousand() -> Iterator[Measured]:
    """A hundred thousand within 2 and 8 bits, beside DuckDB and a flat faiss index."""
    values = _values(100_000)
    duck = _duckdb(values)
    for tolerance_bits, rounds, asked in (
        (2, 15, [("NumPy", "DuckDB", 3), ("Numba", "DuckDB", 10), ("Numba", "faiss Flat", 400)]),
        (8, 3, [("NumPy", "faiss Flat", None), ("Numba", "faiss Flat", 50)]),
    ):
        runs: dict[str, Callable[[], object]] = {
            name: lambda name=name, bits=tolerance_bits: _join(values, bits, name) for name in ENGINES
        }
        if tolerance_bits == 2:
            runs["DuckDB"] = lambda: duck.execute(BANDED_SQL).fetchall()
        taken = _timed(runs, rounds)
        flat = _timed({"": lambda bits=tolerance_bits: _faiss_flat(values, values[::10], bits)}, 1)[""]
        taken["faiss Flat"] = flat * 10
        yield Measured(
            f"3. 100,000 hashes, {tolerance_bits} bits (faiss Flat: a tenth, scaled)",
            taken,
            [(ours, peer, Asked(times) if times else None) for ours, peer, times in asked],
        )


BANDED_SQL = """
    WITH banded AS (
        SELECT h, 0 AS band, h >> 43 AS key FROM hashes
        UNION ALL SELECT h, 1, (h >> 22) & 2097151 FROM hashes
        UNION ALL SELECT h, 2, h & 4194303 FROM hashes)
    SELECT count(*) FROM banded one JOIN banded other
        ON one.band = other.band AND one.key = other.key AND one.h < other.h
    WHERE bit_count(xor(one.h, other.h)) <= 2
        AND one.band = CASE WHEN xor(one.h, other.h) >> 43 = 0 THEN 0
            WHEN (xor(one.h, other.h) >> 22) & 2097151 = 0 THEN 1 ELSE 2 END
"""


def _duckdb(values: Values) -> Any:
    connection = duckdb.connect()
    frame = polars.DataFrame({"h": values})  # noqa: F841 - DuckDB finds it by its name
    connection.execute("CREATE TABLE hashes AS SELECT h FROM frame")
    return connection


def _octets(values: Values) -> Any:
    return np.ascontiguousarray(values).view(np.uint8).reshape(-1, 8)


def _faiss_flat(values: Values, queries: Values, tolerance_bits: int) -> int:
    index = faiss.IndexBinaryFlat(64)
    index.add(_octets(values))
    limits, _, _ = index.range_search(_octets(queries), tolerance_bits + 1)
    return int(limits[-1])


def _multi_hash(values: Values, flipped_bits: int) -> Any:
    index = faiss.IndexBinaryMultiHash(64, 3, 21)
    index.nflip = flipped_bits
    index.add(_octets(values))
    return index


def fourteen_million() -> Iterator[Measured]:
    """As many hashes as the first public index had."""
    values = _values(14_000_000)
    duck = _duckdb(values)
    runs: dict[str, Callable[[], object]] = {
        name: lambda name=name: _join(values, 2, name) for name in ENGINES
    }
    taken = _timed({**runs, "DuckDB": lambda: duck.execute(BANDED_SQL).fetchall()})
    duck.close()
    started = time.perf_counter()
    index = _multi_hash(values, 0)
    added = time.perf_counter()
    index.range_search(_octets(values[::50]), 3)
    taken["faiss MultiHash 3×21"] = added - started + (time.perf_counter() - added) * 50
    index.reset()
    peak = _child("join", "Numba", 2, 14_000_000)["peak_gb"]
    yield Measured(
        f"4. 14 million hashes, 2 bits (MultiHash: a fiftieth of the queries, scaled); peak {peak:.2f} GB, "
        f"asked < 1.5{'' if peak < 1.5 else '  MISSED'}",
        taken,
        [
            ("NumPy", "DuckDB", Asked(1)),
            ("Numba", "DuckDB", Asked(15)),
            ("Numba", "faiss MultiHash 3×21", Asked(100)),
        ],
    )


def tolerance_of_eight() -> Iterator[Measured]:
    """A million within 8 bits, beside comparing all with all as fast as bits can be counted."""
    values, part = _values(1_000_000), _values(100_000)
    taken = _timed(
        {
            "Numba": lambda: _join(values, 8, "Numba"),
            "brute force": lambda: _brute(part, 8),
        }
    )
    taken["brute force"] *= (len(values) / len(part)) ** 2
    pairs = len(values) ** 2 / 2
    taken |= _timed({"NumPy": lambda: _join(values, 8, "NumPy")}, 1)
    yield Measured(
        f"6. A million hashes, 8 bits (brute force: a tenth of the values, scaled, "
        f"{pairs / taken['brute force'] / 1e9:.1f} G pairs/s; NumPy once)",
        taken,
        [("Numba", "brute force", Asked(15)), ("NumPy", "brute force", None)],
    )
    taken = {
        f"{name}, {bits} bits": _timed({"": lambda name=name, bits=bits: _join(values, bits, name)})[""]
        for bits in (2, 4)
        for name in ENGINES
    }
    yield Measured("   A million hashes within fewer bits", taken, [])


def _brute(values: Values, tolerance_bits: int) -> int:
    """Compare all with all on all processors, four rows at a time."""
    with ThreadPoolExecutor(processors()) as pool:
        shares = [slice(start, None, processors()) for start in range(processors())]
        starts = np.arange(0, len(values) - 3, 4)
        return sum(pool.map(lambda share: _count(values, starts[share], np.uint64(tolerance_bits)), shares))


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def _count(values: Values, starts: Any, tolerance: Any) -> int:
    near = 0
    for row in starts:
        for left in range(row + 4, len(values), 4096):
            right = min(left + 4096, len(values))
            near += join_kernels.any_near(values, row, left, right, tolerance)
    return near


def queries() -> Iterator[Measured]:
    """Everything within 8 bits of one hash of 14 million: all different, then one in 41 a blank page."""
    values = np.random.default_rng(1).integers(0, 2**64, 14_000_000, dtype=np.uint64)
    yield from _queries(values, "all different", None)
    # Where the target was set, MultiHash took 3 ms at the median, 13 on average and 412 in one query of a
    # hundred. That is a table like this one: near the blank pages MultiHash lists each of them.
    values[::41] = 2**63
    yield from _queries(values, "of which 341,000 are equal", Asked(100))


def _queries(values: Values, told: str, asked_of_p99: Asked | None) -> Iterator[Measured]:
    with TemporaryDirectory() as place:
        folder = IndexFolder(Path(place) / "index")
        started = time.perf_counter()
        folder.build(np.arange(len(values)), HashTable(values, None))
        built = time.perf_counter() - started
        opened = _timed({"": folder.open}, 5)[""]
        search = folder.open()
        size_gb = sum(path.stat().st_size for path in (Path(place) / "index").iterdir()) / 1e9
        multi = _multi_hash(values, 2)
        asked = {
            **_ways_to_ask(values, search),
            "faiss MultiHash 3×21": (lambda value: multi.range_search(_octets(value), 9), 60),
        }
        taken = _query_times(values, asked)
    p50 = {name: statistics.median(one) for name, one in taken.items()}
    p99 = {name: float(np.quantile(one, 0.99)) for name, one in taken.items()}
    yield Measured(
        f"7. One query within 8 bits in 14 million, {told}, median (built in {built:.1f} s, "
        f"{size_gb:.2f} GB, opened in {opened * 1000:.1f} ms, asked < 100"
        f"{'' if opened < 0.1 else '  MISSED'})",
        p50,
        [
            ("NumPy", "faiss Flat", Asked(40)),
            ("Numba", "faiss Flat", Asked(80)),
            ("Numba", "faiss MultiHash 3×21", None),
        ],
    )
    yield Measured(
        f"7. One query in 14 million, {told}, 99th percentile",
        p99,
        [
            ("NumPy", "faiss MultiHash 3×21", asked_of_p99),
            ("Numba", "faiss MultiHash 3×21", asked_of_p99),
            ("Numba", "faiss Flat", None),
        ],
    )


def _ways_to_ask(values: Values, search: HashSearch) -> dict[str, tuple[Ask, int]]:
    """Give what answers one query with everything within 8 bits, and how often to ask it in a round."""
    compiled, within = search.compiled(), Within(phash_bits=8)
    flat = faiss.IndexBinaryFlat(64)
    flat.add(_octets(values))
    return {
        "NumPy": (lambda value: search.within(Query(phash=int(value[0])), within, len(values)), 2000),
        "Numba": (lambda value: compiled.within(Query(phash=int(value[0])), within, len(values)), 2000),
        "faiss Flat": (lambda value: flat.range_search(_octets(value), 9), 40),
    }


def _query_times(values: Values, asked: Mapping[str, tuple[Ask, int]]) -> dict[str, list[float]]:
    """Time queries in turn by what their thread computed.

    On a busy machine a query of 0.1 ms ends before its turn does, and one of 10 ms waits for many others'.
    """
    # One query is one thread's work: a second one that waits for it only costs faiss time.
    faiss.omp_set_num_threads(1)
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (ask, count) in asked.items():
            rng = np.random.default_rng(count)
            ask(np.array([5], np.uint64))
            for _ in range(count):
                flipped = sum(1 << bit for bit in set(rng.integers(0, 64, 4).tolist()))
                query = values[[rng.integers(len(values))]] ^ np.uint64(flipped)
                started = time.thread_time()
                ask(query)
                taken[name].append(time.thread_time() - started)
    faiss.omp_set_num_threads(processors())
    return taken


def equal_hashes() -> Iterator[Measured]:
    """A value that 1.6 million of 14 million files have."""
    plain = np.random.default_rng(1).integers(0, 2**64, 14_000_000, dtype=np.uint64)
    skewed = plain.copy()
    skewed[::9] = 5
    taken = _timed(
        {
            f"{name}, {engine}": lambda values=values, engine=engine: _join(distinct(values), 2, engine)
            for engine in ENGINES
            for name, values in (("one value 1.6 million times", skewed), ("all different", plain))
        }
    )
    comparisons = [
        (f"one value 1.6 million times, {engine}", f"all different, {engine}", Asked(2, within=True))
        for engine in ENGINES
    ]
    yield Measured("8. 14 million hashes, grouping and 2 bits", taken, comparisons)


def all_of_commons() -> Iterator[Measured]:
    """Every file of Commons."""
    for engine, tolerances in (("Numba", (2, 4)), ("NumPy", (2,))):
        for tolerance_bits in tolerances:
            results = []
            for _ in range(ROUNDS):
                sort = _child("sort", "Polars", 0, COMMONS)
                results.append((_child("join", engine, tolerance_bits, COMMONS), sort))
            taken = {
                engine: statistics.median(one["seconds"] for one, _ in results),
                "Polars sort": statistics.median(one["seconds"] for _, one in results),
            }
            peak = max(one["peak_gb"] for one, _ in results)
            asked = Asked(4 if tolerance_bits == 2 else 15, within=True)
            yield Measured(
                f"5. {COMMONS:,} hashes, {tolerance_bits} bits: {results[0][0]['pairs']:,} pairs, peak "
                f"{peak:.2f} GB, asked < 6{'' if peak < 6 else '  MISSED'}",
                taken,
                [(engine, "Polars sort", asked if engine == "Numba" else None)],
            )


def commons_queries() -> Iterator[Measured]:
    """Everything within 8 bits of one hash of all of Commons, as it was when the target was set."""
    values = np.random.default_rng(1).integers(0, 2**64, INDEXED, dtype=np.uint64)
    with TemporaryDirectory() as place:
        folder = IndexFolder(Path(place) / "index")
        started = time.perf_counter()
        folder.build(np.arange(len(values)), HashTable(values, None))
        built = time.perf_counter() - started
        taken = _query_times(values, _ways_to_ask(values, folder.open()))
    yield Measured(
        f"7. One query within 8 bits in {INDEXED:,}, median (built in {built:.0f} s)",
        {name: statistics.median(one) for name, one in taken.items()},
        [("NumPy", "faiss Flat", Asked(100)), ("Numba", "faiss Flat", Asked(100))],
    )


def _child(what: str, engine: str, tolerance_bits: int, count: int) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "tests.bench.match",
        "--child",
        f"{what}:{count}",
        engine,
        str(tolerance_bits),
    ]
    return dict(json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout))


def _large(what: str, engine: str, tolerance_bits: int) -> dict[str, Any]:
    what, _, count = what.partition(":")
    values = np.random.default_rng(1).integers(0, 2**64, int(count), dtype=np.uint64)
    pairs = 0
    if what == "sort":
        series = polars.Series(values)
        started = time.perf_counter()
        series.sort()
    else:
        values.sort()
        assert (values[1:] > values[:-1]).all()
        _join(values[:: len(values) // 300_000], 2, engine)
        started = time.perf_counter()
        pairs = _join(values, tolerance_bits, engine)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "pairs": pairs, "peak_gb": _peak_gb()}


def _peak_gb() -> float:
    """Tell the most memory that this process has held; what ``resource`` says includes its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e9


if __name__ == "__main__":
    main()
