"""A run of check_links: what is asked for first, when a run counts, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faebot_hash.adapters.store import Store
from faebot_hash.errors import NetworkError
from faebot_hash.family import Facts
from faebot_hash.linkrot import OBSERVED_AT_ONCE, PAGES_AT_ONCE, Checked, LinkRot, plan, summary_lines
from faebot_hash.links import Answer, Failure, Observation, Verdict, is_dead
from faebot_hash.model import PageText
from faebot_hash.ports import FactReader
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.settings import LinkSettings
from faebot_hash.thumbnails import unwatched
from tests.fakes import file_info
from tests.sites import Names, Site, served

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
ALIVE, DEATH, UNKNOWN = Verdict.ALIVE, Verdict.EVIDENCE_OF_DEATH, Verdict.UNKNOWN
CANARIES = LinkSettings().canaries


# ---- which links are asked for


def seen(*days: tuple[float, Verdict]) -> tuple[Observation, ...]:
    """Make observations so many days before noon."""
    return tuple(Observation(NOON - timedelta(days=day), verdict) for day, verdict in days)


HISTORIES = {
    "alive": seen((2, ALIVE)),
    "alive long ago": seen((9, ALIVE)),
    "dead": seen((12, DEATH), (8, DEATH), (3, DEATH)),
    "never asked": (),
    "never asked, too": (),
    "suspected": seen((1, DEATH)),
    "suspected long ago": seen((5, DEATH), (4, UNKNOWN)),
    "suspected before": seen((4, DEATH), (3, ALIVE)),
    "unknown": seen((5, UNKNOWN)),
    "asked this morning": seen((0.25, DEATH)),
    "asked yesterday evening": seen((0.74, ALIVE)),
    "asked yesterday afternoon": seen((0.75, ALIVE)),
}
IN_ORDER = (
    "suspected long ago",
    "suspected",
    "never asked",
    "never asked, too",
    "alive long ago",
    "unknown",
    "dead",
    "suspected before",
    "alive",
    "asked yesterday afternoon",
)


@pytest.mark.parametrize("most", [1, 3, 10, 11])
def test_suspects_come_first_then_what_waited_longest(most: int) -> None:
    chosen = plan(HISTORIES, NOON, most)
    assert chosen.due == IN_ORDER[:most]
    assert (chosen.not_due, chosen.put_off) == (2, max(0, 10 - most))


# ---- a run


@dataclass
class Pages:
    """File pages of a dict, as the wiki would tell of them."""

    known: Mapping[int, Iterable[str] | Skipped]
    batches: list[int] = field(default_factory=list)

    def facts(self, page_ids: Sequence[int]) -> Mapping[int, Facts | Skipped]:
        self.batches.append(len(page_ids))
        return {page_id: self._told(page_id) for page_id in page_ids}

    def _told(self, page_id: int) -> Facts | Skipped:
        links = self.known[page_id]
        if isinstance(links, Skipped):
            return links
        page = PageText(page_id, f"{page_id}.jpg", 1, "", "2026-10-05T12:00:00Z")
        return Facts(file_info(page_id, f"{page_id}.jpg"), page, NOON, 1, links=frozenset(links))

    def members(self, category: str) -> Iterator[object]:
        raise AssertionError("a generator of Pywikibot lists the pages")


@dataclass
class Internet:
    """Sites that answer what a test says."""

    says: Callable[[str], int | Failure] = lambda url: 200
    asked: list[str] = field(default_factory=list)

    def would_ask(self, url: str) -> bool:
        return not url.startswith("ftp:")

    def check_all(self, urls: Iterable[str]) -> Iterator[Answer]:
        for url in urls:
            self.asked.append(url)
            yield Answer(url, url.split("/")[2], self.says(url))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        yield store


def rot(
    store: Store,
    pages: Pages,
    internet: Internet,
    *,
    now: datetime = NOON,
    most: int = 2_000,
    record: bool = True,
) -> Checked:
    """Run once over all pages."""
    reader: FactReader = pages  # type: ignore[assignment]
    settings = LinkSettings(most_per_run=most)
    one = LinkRot(reader, internet, store, settings, watch=unwatched, now=lambda: now, record=record)
    return one.run(pages.known)


def link(number: int) -> str:
    return f"https://site{number}.org/"


def test_a_link_dies_only_after_a_week_of_daily_runs(store: Store) -> None:
    pages = Pages({1: [link(1), link(2)], 2: [link(1)]})
    internet = Internet(lambda url: 404 if url == link(1) else 200)
    found = []
    for day in range(9):
        checked = rot(store, pages, internet, now=NOON + timedelta(days=day))
        assert len(checked.answers) == 2
        found.append(dict(checked.dead))
    assert found == [{}] * 7 + [{link(1): frozenset({"1.jpg", "2.jpg"})}] * 2
    assert is_dead(store.link_histories([link(1)])[link(1)])
    assert f"  {link(1)}  (File:1.jpg and 1 more)" in summary_lines(checked)
    internet.says = lambda url: 200
    assert rot(store, pages, internet, now=NOON + timedelta(days=9)).dead == {}


def test_a_second_run_on_one_day_asks_nothing(store: Store) -> None:
    pages, internet = Pages({1: [link(1), link(2), "ftp://site3.org/"]}), Internet()
    first = rot(store, pages, internet)
    assert internet.asked == [*CANARIES, link(1), link(2), *CANARIES]
    internet.asked.clear()
    second = rot(store, pages, internet, now=NOON + timedelta(hours=10))
    assert internet.asked == []
    assert (first.plan.not_due, second.plan.not_due) == (0, 2)
    assert first.left_alone == second.left_alone == 1


def test_no_run_asks_for_more_than_it_may(store: Store) -> None:
    pages, internet = Pages({1: [link(number) for number in range(10)]}), Internet()
    asked = []
    for turn in range(4):
        checked = rot(store, pages, internet, now=NOON + timedelta(minutes=turn), most=4)
        asked += [answer.url for answer in checked.answers]
    assert sorted(asked) == sorted(map(link, range(10)))


def test_pages_come_in_batches_and_unread_ones_are_told(store: Store) -> None:
    gone = Skipped("Gone\u202e.jpg", Reason.MISSING)
    pages = Pages({number: gone if number == 60 else [link(1)] for number in range(1, 71)})
    checked = rot(store, pages, Internet())
    assert pages.batches == [PAGES_AT_ONCE, 20]
    assert (checked.pages, checked.unread) == (70, (gone,))
    assert summary_lines(checked)[0] == "Gone\ufffd.jpg: the page or the file is gone"


def test_a_long_run_is_kept_in_batches(store: Store) -> None:
    many = [link(number) for number in range(OBSERVED_AT_ONCE * 2 + 1)]
    rot(store, Pages({1: many}), Internet())
    assert store.link_histories(many) == {url: (Observation(NOON, ALIVE),) for url in many}


def test_a_simulation_asks_and_keeps_nothing(store: Store) -> None:
    checked = rot(store, Pages({1: [link(1)]}), Internet(), record=False)
    assert len(checked.answers) == 1
    assert store.link_histories([link(1)]) == {}


# ---- runs that do not count


class Failing(Internet):
    """An internet behind a network of ours that fails after so many answers, in one way."""

    def __init__(self, after: int, way: int | Failure) -> None:
        super().__init__(lambda url: 200 if len(self.asked) <= after else way)


LINKS = [link(number) for number in range(40)]
WAYS = [Failure.LOOKUP_FAILED, Failure.TIMEOUT, Failure.NO_SUCH_NAME, Failure.CONNECTION, 404, 503]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("after", range(0, len(LINKS) + 2 * len(CANARIES), 3))
def test_a_network_of_ours_that_fails_leaves_no_trace(store: Store, after: int, way: int | Failure) -> None:
    with pytest.raises(NetworkError, match=r"a canary is not alive \(https://.*nothing was recorded"):
        rot(store, Pages({1: LINKS}), Failing(after, way))
    assert store.link_histories(LINKS) == {}


def test_links_are_not_asked_for_when_a_canary_is_silent(store: Store) -> None:
    internet = Internet(lambda url: 503 if url == CANARIES[1] else 200)
    with pytest.raises(NetworkError, match=rf"\({CANARIES[1]}: HTTP status 503\)"):
        rot(store, Pages({1: LINKS}), internet)
    assert internet.asked == list(CANARIES)


def test_a_run_does_not_count_while_many_sites_are_silent(store: Store) -> None:
    silent = set(LINKS[:15])
    internet = Internet(lambda url: Failure.TIMEOUT if url in silent else 200)
    with pytest.raises(NetworkError, match="too many sites gave no answer"):
        rot(store, Pages({1: LINKS}), internet)
    assert store.link_histories(LINKS) == {}
    silent -= set(LINKS[:5])
    assert len(rot(store, Pages({1: LINKS}), internet).answers) == len(LINKS)


# ---- real requests


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as site:
        yield site


def test_real_answers_become_observations(store: Store, site: Site) -> None:
    canary = site.url("/", "canary.test.org")
    expected = {
        site.url("/status/200", "a.test.org"): ALIVE,
        site.url("/status/404", "a.test.org"): DEATH,
        site.url("/status/410", "b.test.org"): DEATH,
        site.url("/status/403", "b.test.org"): UNKNOWN,
        site.url("/", "nowhere.test.org"): DEATH,
        f"http://c.test.org:{site.port}/hop/1?to=http://10.0.0.1/": UNKNOWN,
    }
    never = [
        "https://commons.wikimedia.org/wiki/File:A.jpg",
        "ftp://a.test.org/",
        "http://a.test.org:22/",
        "x",
    ]
    names = Names()
    names.answers = {f"{name}.test.org": [["127.0.0.1"]] for name in ("canary", "a", "b", "c")}
    pages = Pages({1: [*expected, *never]})
    reader: FactReader = pages  # type: ignore[assignment]
    one = LinkRot(
        reader,
        site.checker(names),
        store,
        LinkSettings(canaries=(canary,)),
        watch=unwatched,
        now=lambda: NOON,
    )
    checked = one.run(pages.known)
    assert checked.left_alone == len(never)
    assert store.link_histories([*expected, *never]) == {
        url: (Observation(NOON, verdict),) for url, verdict in expected.items()
    }
    assert summary_lines(checked) == [
        "1 page read, 6 links asked for",
        "        1  alive",
        "        3  with evidence of death",
        "        2  unknown",
        "                 1  HTTP status 403",
        "                 1  the name leads to an address that must not be connected to",
        "0 not due, 0 put off to the next run, 4 never asked for",
        "0 links confirmed dead: that takes three evidences, days apart, over a week",
    ]
