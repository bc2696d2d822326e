"""When a link is dead: the truth table, the rule over days, and thousands of virtual histories (goal L4)."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from faebot_hash.links import Answer, Failure, Observation, Verdict, is_dead, next_check, run_counts
from tests.counting import Counted
from tests.seeds import FRESH_SEED

LONG = os.environ.get("FAEBOT_LONG") == "1"
HISTORIES = 2_000 if LONG else 200
START = datetime(2026, 1, 1, tzinfo=UTC)
ALIVE, DEATH, UNKNOWN = Verdict.ALIVE, Verdict.EVIDENCE_OF_DEATH, Verdict.UNKNOWN

TRUTH: dict[int | Failure, Verdict] = {
    **dict.fromkeys((200, 201, 202, 203, 204, 205, 206, 226, 299), ALIVE),
    **dict.fromkeys((404, 410, Failure.NO_SUCH_NAME), DEATH),
    **dict.fromkeys((0, 100, 103, 199, 300, 301, 302, 304, 307, 308), UNKNOWN),
    **dict.fromkeys((400, 401, 402, 403, 405, 406, 407, 408, 409, 411, 412, 415, 418), UNKNOWN),
    **dict.fromkeys((421, 425, 428, 429, 431, 440, 449, 451, 499), UNKNOWN),
    **dict.fromkeys((500, 501, 502, 503, 504, 508, 509, 511, 520, 522, 525, 530, 599, 999), UNKNOWN),
    **dict.fromkeys((each for each in Failure if each is not Failure.NO_SUCH_NAME), UNKNOWN),
}


def test_the_truth_table(counted: Counted) -> None:
    wrong = {seen for seen, verdict in TRUTH.items() if Answer("", "", seen).verdict is not verdict}
    assert wrong == set()
    assert TRUTH.keys() >= set(Failure)
    counted("L4", len(TRUTH), "status classes")


def test_nothing_but_three_answers_speaks_for_death() -> None:
    evidence = [status for status in range(1000) if Answer("", "", status).verdict is DEATH]
    assert evidence == [404, 410]


def history(*days: tuple[float, Verdict]) -> list[Observation]:
    """Make observations so many days after the start."""
    return [Observation(START + timedelta(days=day), verdict) for day, verdict in days]


@pytest.mark.parametrize(
    ("days", "dead"),
    [
        ([], False),
        ([(0, DEATH)], False),
        ([(0, DEATH), (30, DEATH)], False),
        ([(0, DEATH), (3, DEATH), (6, DEATH)], False),
        ([(0, DEATH), (3, DEATH), (6.99, DEATH)], False),
        ([(0, DEATH), (3, DEATH), (7, DEATH)], True),
        ([(7, DEATH), (0, DEATH), (3, DEATH)], True),
        ([(0, DEATH), (4, DEATH), (7, DEATH)], True),
        ([(0, DEATH), (2.9, DEATH), (7, DEATH)], False),
        ([(0, DEATH), (4.1, DEATH), (7, DEATH)], False),
        ([(0, DEATH), (2.9, DEATH), (3.5, DEATH), (7, DEATH)], True),
        ([(0, DEATH), (3, DEATH), (7, DEATH), (7.1, ALIVE)], False),
        ([(0, DEATH), (3, ALIVE), (6, DEATH), (9, DEATH)], False),
        ([(0, DEATH), (1, ALIVE), (6, DEATH), (9, DEATH), (13, DEATH)], True),
        ([(0, DEATH), (1, UNKNOWN), (3, DEATH), (5, UNKNOWN), (7, DEATH)], True),
        ([(0, DEATH), (3, DEATH), (7, DEATH), (8, UNKNOWN)], True),
        ([(day, UNKNOWN) for day in range(60)], False),
        ([(day / 24, DEATH) for day in range(7 * 24)], False),
        ([(day, DEATH) for day in range(8)], True),
    ],
)
@pytest.mark.spec("5.4")
def test_the_rule(days: list[tuple[float, Verdict]], dead: bool) -> None:
    assert is_dead(history(*days)) is dead


def test_an_observation_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Observation(datetime(2026, 1, 1), ALIVE)


def test_links_are_asked_for_daily() -> None:
    assert next_check([]) is None
    assert next_check(history((1, DEATH), (0, ALIVE))) == START + timedelta(days=2)


def answers(*seen: int | Failure) -> list[Answer]:
    """Make one answer for each of so many hosts."""
    return [Answer(f"http://h{n}.org/", f"h{n}.org", each) for n, each in enumerate(seen)]


@pytest.mark.parametrize(
    ("seen", "counts"),
    [
        ([200] * 10, True),
        ([200, *[404] * 9], True),
        ([200] * 7 + [Failure.TIMEOUT] * 3, True),
        ([200] * 6 + [Failure.TIMEOUT] * 4, False),
        ([200] * 6 + [Failure.NO_SUCH_NAME] * 4, False),
        ([200] * 6 + [Failure.OWN_SITE] * 4, True),
        ([404] * 10, False),
        ([Failure.LOOKUP_FAILED] * 10, False),
        ([503, *[200] * 9], False),
    ],
)
def test_a_run_counts_only_when_our_network_works(seen: list[int | Failure], counts: bool) -> None:
    assert run_counts(answers(*seen), {"http://h0.org/"}) is counts


def test_a_run_without_canaries_does_not_count() -> None:
    assert not run_counts(answers(200), set())
    assert not run_counts(answers(200), {"http://elsewhere.org/"})


def test_one_answering_link_saves_its_host() -> None:
    seen = [Answer(f"http://h.org/{n}", "h.org", Failure.TIMEOUT) for n in range(9)]
    assert run_counts([*seen, Answer("http://h.org/9", "h.org", 200)], {"http://h.org/9"})


# ---- sixty days of a site, and of our own network

Site = Callable[[float], int | Failure]
WALLS: list[int | Failure] = [403, 429, 451, 401, 500, 502, 503, 504, 522, Failure.TLS, Failure.TIMEOUT]
DEATHS: list[int | Failure] = [404, 410, Failure.NO_SUCH_NAME]


def flapping(chance: random.Random) -> Site:
    """A site that is gone for hours, again and again."""
    spells, day = [], 0.0
    while day < 70:
        day += chance.uniform(0.5, 4)
        spells.append((day, day := day + chance.uniform(0.02, 1.5)))
    said = chance.choice(DEATHS)
    return lambda now: said if any(start <= now < end for start, end in spells) else 200


def maintained(chance: random.Random) -> Site:
    """A site that is away for days, but for less than a week, and comes back for longer."""
    begin, lasting, said = chance.uniform(0, 50), chance.uniform(1, 6.9), chance.choice(DEATHS)
    return lambda now: said if begin <= now < begin + lasting else 200


def walled(chance: random.Random) -> Site:
    """A site that answers bots with anything but its pages, from some day on."""
    begin, said = chance.uniform(0, 50), chance.sample(WALLS, 3)
    salt = chance.random()
    return lambda now: 200 if now < begin else said[int((now + salt) * 7) % 3]


def lapsed(chance: random.Random) -> Site:
    """A site whose certificate runs out, then its domain for some days, and that is renewed."""
    begin, until = chance.uniform(0, 40), chance.uniform(0.5, 6.5)

    def seen(now: float) -> int | Failure:
        if begin <= now < begin + until:
            return Failure.NO_SUCH_NAME
        return Failure.TLS if begin - 8 <= now < begin else 200

    return seen


def alive(chance: random.Random) -> Site:
    """A site that is always there."""
    return lambda now: 200


def gone(death: float, said: int | Failure) -> Site:
    """A site that ends on some day, for ever."""
    return lambda now: said if now >= death else 200


def watch(site: Site, chance: random.Random, our_outage: tuple[float, float]) -> tuple[float, ...]:
    """Run a daily check for sixty days; give the days on which it is dead."""
    seen: list[Observation] = []
    dead_on: list[float] = []
    cut = chance.choice([404, Failure.NO_SUCH_NAME, Failure.LOOKUP_FAILED])
    hour = chance.uniform(0, 0.2)
    for day in range(60):
        now = day + hour + chance.uniform(0, 0.01)
        at = START + timedelta(days=now)
        due = next_check(seen)
        if due is not None and at < due - timedelta(hours=1):
            continue
        out = our_outage[0] <= now < our_outage[1]
        verdict = Answer("u", "site.org", cut if out else site(now)).verdict
        others = [Answer(f"c{n}", f"c{n}.org", cut if out else 200) for n in range(4)]
        if run_counts([*others, Answer("u", "site.org", 200)], {"c0", "c1", "c2"}):
            seen.append(Observation(at, verdict))
        if is_dead(seen):
            dead_on.append(now)
    return tuple(dead_on)


@pytest.mark.parametrize("seed", [4, FRESH_SEED])
def test_no_living_link_is_called_dead(counted: Counted, seed: int) -> None:
    chance = random.Random(seed)
    sites = (flapping, maintained, walled, lapsed, alive)
    for number in range(HISTORIES // 2):
        begin = chance.uniform(0, 50)
        outage = (begin, begin + chance.choice([0, 1, 12, 40]))
        kind = sites[number % len(sites)]
        assert watch(kind(chance), chance, outage) == (), f"{kind.__name__}, number {number} of seed {seed}"
    counted("L4", HISTORIES // 2, "histories of living links")


@pytest.mark.parametrize("seed", [5, FRESH_SEED])
def test_every_dead_link_is_called_dead_in_ten_days(counted: Counted, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(HISTORIES // 2):
        death, said = chance.uniform(0, 45), chance.choice(DEATHS)
        outage = chance.uniform(0, 45)
        dead_on = watch(gone(death, said), chance, (outage, outage + chance.choice([0, 1])))
        assert dead_on, f"number {number} of seed {seed}"
        assert death + 7 <= dead_on[0] <= death + 10, f"number {number} of seed {seed}"
    counted("L4", HISTORIES // 2, "permanent deaths, each confirmed in 10 days")
