"""What the store acknowledged survives a power failure at any moment, on a disk that tears writes."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreError
from faebot_hash.model import Basis, Fingerprint
from faebot_hash.ports import Intent, JournalRow
from tests.counting import Counted
from tests.fakes import FakeJournal
from tests.first_release import write_first_release
from tests.pictures import each_seed, per_seed
from tests.power_loss import Acknowledged, Disk, Event, Recorder, Sync, SyncFolder

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
BASIS = Basis("thumbnail", 120, "13.0.0", "4.3.2")
PICTURE = Fingerprint(1, 2, 3, 4, low_information=False)
IMAGES = 500
SESSIONS = 5
EDITS_IN_A_SESSION = 30
HASHES_AT_ONCE = 300


def intent(number: int) -> Intent:
    sha1 = f"{number:040x}"
    return Intent(
        f"t{number}", number, "A.jpg", 1, sha1, sha1, "test", run=f"r{number % 3}", partners=((1, sha1),)
    )


def some_sha1s(number: int) -> list[str]:
    """Give keys that lie all over the table, so that a batch touches many pages."""
    chance = random.Random(number)
    return [f"{chance.getrandbits(160):040x}" for _ in range(HASHES_AT_ONCE)]


@dataclass(frozen=True)
class Recording:
    """What reached the disk, and what the journal held after each step, as the fake journal tells it."""

    log: Sequence[Event]
    statements: Sequence[str]
    rows_after: Sequence[Sequence[JournalRow]]
    batches_after: Sequence[int]


class Work:
    """Steps done on the store and on the fake journal alike, each noted when the store returns."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._fake = FakeJournal(now=self.now)
        self._batches = 0
        self.rows_after: list[Sequence[JournalRow]] = [[]]
        self.batches_after = [0]

    def now(self) -> datetime:
        return NOON + timedelta(seconds=len(self.rows_after))

    def edit(self, store: Store, number: int) -> None:
        for journal in (store, self._fake):
            journal.plan(intent(number))
        self._acknowledge()
        for journal in (store, self._fake):
            journal.sent(f"t{number}", self.now())
        self._acknowledge()
        for journal in (store, self._fake):
            journal.settle(f"t{number}", ("DONE", "UNKNOWN", "CONFLICT")[number % 3], number % 2, "why")
        self._acknowledge()

    def hash(self, store: Store) -> None:
        store.put(dict.fromkeys(some_sha1s(self._batches), PICTURE), BASIS)
        self._batches += 1
        self._acknowledge()

    def _acknowledge(self) -> None:
        self._recorder.log.append(Acknowledged(len(self.rows_after)))
        self.rows_after.append(self._fake.rows())
        self.batches_after.append(self._batches)


def record(folder: Path, name: str, instead: Mapping[str, str] | None = None) -> Recording:
    """Let the product's store work for a few sessions on a disk that keeps a log."""
    recorder = Recorder(name, instead)
    work = Work(recorder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", recorder.connect)
        for session in range(SESSIONS):
            with Store.open(f"sqlite:///{folder / 'store.sqlite'}", now=work.now) as store:
                for number in range(EDITS_IN_A_SESSION):
                    work.edit(store, session * EDITS_IN_A_SESSION + number)
                    if number % 3 == 0:
                        work.hash(store)
    return Recording(recorder.log, recorder.statements, work.rows_after, work.batches_after)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("recorded"), "recorder")


def test_what_is_recorded_is_what_the_store_does(recording: Recording, tmp_path: Path) -> None:
    statements: list[str] = []
    connect = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:

        def connect_and_listen(*arguments: object, **options: object) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
            connection.set_trace_callback(statements.append)
            return connection

        patch.setattr(sqlite3, "connect", connect_and_listen)
        with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
            store.plan(intent(1))
    pragmas = {statement for statement in recording.statements if statement.startswith("PRAGMA")}
    assert {"PRAGMA synchronous = FULL", "PRAGMA journal_mode = WAL", "PRAGMA mmap_size = 0"} <= pragmas
    assert pragmas == {statement for statement in statements if statement.startswith("PRAGMA")}
    assert "BEGIN IMMEDIATE" in recording.statements
    kinds = {type(event) for event in recording.log}
    assert {"Write", "Truncate", "Sync", "Name", "SyncFolder", "Acknowledged"} >= {k.__name__ for k in kinds}
    assert checkpoints(recording.log) >= SESSIONS + 3


def checkpoints(log: Iterable[Event]) -> int:
    """Count the syncs of the database itself, which come at the end of a checkpoint."""
    return sum(isinstance(event, Sync) and event.file == 1 for event in log)


@dataclass
class Verdict:
    """What was found after power failures."""

    images: int = 0
    unreadable: int = 0
    wrong_rows: int = 0
    lost_hashes: int = 0
    steps_in_flight: int = 0


def moments_in(log: Sequence[Event], chance: random.Random, count: int) -> list[int]:
    """Choose moments: half anywhere, half just after the store returned, when the most is at stake."""
    returns = [moment for moment, event in enumerate(log, 1) if isinstance(event, Acknowledged)]
    anywhere = [chance.randrange(len(log) + 1) for _ in range(count // 2)]
    just_after = [chance.choice(returns) + chance.randrange(5) for _ in range(count - len(anywhere))]
    return sorted(anywhere + just_after)


def lose_power(recording: Recording, folder: Path, chance: random.Random, images: int) -> Verdict:
    """Let the power fail at random moments, and open what is left with the product's store."""
    verdict = Verdict()
    disk, seen, steps = Disk(), 0, 0
    for image, moment in enumerate(moments_in(recording.log, chance, images)):
        for event in recording.log[seen:moment]:
            disk.replay(event)
            steps = event.steps if isinstance(event, Acknowledged) else steps
        seen = moment
        place = folder / str(image)
        place.mkdir()
        for name, content in disk.lose_power(chance).items():
            (place / name).write_bytes(content)
        if chance.random() < 0.5:
            (place / "store.sqlite-shm").write_bytes(chance.randbytes(32_768))
        judge(recording, place / "store.sqlite", steps, verdict)
    return verdict


def judge(recording: Recording, path: Path, steps: int, verdict: Verdict) -> None:
    """Compare what is left with what was acknowledged; one more step may have been on its way."""
    verdict.images += 1
    after = min(steps + 1, len(recording.rows_after) - 1)
    address = f"sqlite:///{path}"
    try:
        with Store.open(address, now=lambda: NOON) as store:
            rows = store.rows()
            hashes = [len(store.get(some_sha1s(n), BASIS)) for n in range(recording.batches_after[after])]
            store.plan(replace(intent(0), token="later"))  # noqa: S106 - no secret
        with Store.open(address) as store:
            again = store.rows()
        with closing(sqlite3.connect(path)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except (StoreError, sqlite3.Error, ValueError):
        verdict.unreadable += 1
        return
    verdict.unreadable += not sound or len(again) != len(rows) + 1
    verdict.wrong_rows += rows not in (recording.rows_after[steps], recording.rows_after[after])
    verdict.steps_in_flight += rows != recording.rows_after[steps]
    verdict.lost_hashes += any(
        count != HASHES_AT_ONCE and not (count == 0 and batch >= recording.batches_after[steps])
        for batch, count in enumerate(hashes)
    )


@each_seed
def test_a_power_failure_loses_nothing_acknowledged(
    recording: Recording, tmp_path: Path, counted: Counted, seed: int
) -> None:
    verdict = lose_power(recording, tmp_path, random.Random(seed), per_seed(IMAGES))
    print(f"D2: {verdict} of {len(recording.log)} moments")
    assert (verdict.unreadable, verdict.wrong_rows, verdict.lost_hashes) == (0, 0, 0)
    counted("D2", per_seed(IMAGES), "power failures")


@pytest.mark.parametrize("ignored", [Sync, SyncFolder])
def test_a_disk_that_ignores_syncs_is_noticed(
    recording: Recording, tmp_path: Path, ignored: type[Event]
) -> None:
    log = [event for event in recording.log if not isinstance(event, ignored)]
    verdict = lose_power(replace(recording, log=log), tmp_path, random.Random(1), 20)
    print(f"{ignored.__name__} ignored: {verdict}")
    assert verdict.wrong_rows + verdict.unreadable >= 5


def test_fewer_syncs_than_full_are_noticed(tmp_path: Path) -> None:
    """Plant synchronous=NORMAL, which keeps the file sound and loses what was acknowledged last."""
    recording = record(tmp_path, "normal", {"PRAGMA synchronous = FULL": "PRAGMA synchronous = NORMAL"})
    verdict = lose_power(recording, tmp_path, random.Random(2), 20)
    print(f"synchronous=NORMAL: {verdict}")
    assert verdict.unreadable == 0
    assert verdict.wrong_rows >= 5


@each_seed
def test_a_renewal_survives_a_power_failure(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    recorder = Recorder("renewal")
    first_release = write_first_release(tmp_path / "store.sqlite")
    recorder.adopt(first_release)
    before = len(recorder.log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", recorder.connect)
        Store.open(f"sqlite:///{first_release}").close()
    for image in range(per_seed(IMAGES)):
        disk = Disk()
        for event in recorder.log[: chance.randint(before, len(recorder.log))]:
            disk.replay(event)
        place = tmp_path / f"image{image}"
        place.mkdir()
        for name, content in disk.lose_power(chance).items():
            (place / name).write_bytes(content)
        with Store.open(f"sqlite:///{place / first_release.name}") as store:
            assert [row.intent.token for row in store.rows()] == ["a1", "z9"]
