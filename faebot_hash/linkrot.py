"""Which links of which pages are asked for, and what becomes of the answers: a run of ``check_links``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol, TypeVar

from faebot_hash.console import plural, printable
from faebot_hash.errors import NetworkError
from faebot_hash.family import Facts
from faebot_hash.links import Answer, Observation, Verdict, is_dead, next_check, run_counts, telling
from faebot_hash.ports import FactReader, LinkHistory
from faebot_hash.reasons import Skipped
from faebot_hash.settings import LinkSettings

T = TypeVar("T")
History = Sequence[Observation]

# A daily run takes hours and begins a little earlier or later each day.
EARLY = timedelta(hours=6)
PAGES_AT_ONCE = 50
OBSERVED_AT_ONCE = 500
LONGEST_AGO = datetime.min.replace(tzinfo=UTC)


class Checker(Protocol):
    """Asks for links; ``adapters.links.LinkChecker`` is one."""

    def would_ask(self, url: str) -> bool:
        """Tell whether a link is of a kind that is asked for at all."""
        ...

    def check_all(self, urls: Iterable[str]) -> Iterable[Answer]:
        """Give the answers as they come."""
        ...


@dataclass(frozen=True)
class Plan:
    """The links to ask for, the most urgent first; ``put_off`` counts those beyond what one run asks."""

    due: tuple[str, ...]
    not_due: int
    put_off: int


@dataclass(frozen=True)
class Checked:
    """What a run came to; ``left_alone`` counts links that are never asked for, ``dead`` has their titles."""

    pages: int
    unread: tuple[Skipped, ...]
    plan: Plan
    left_alone: int
    answers: tuple[Answer, ...]
    dead: Mapping[str, frozenset[str]]


def plan(histories: Mapping[str, History], now: datetime, most: int) -> Plan:
    """Choose the links to ask for: those under suspicion first, then those asked longest ago or never.

    A link under suspicion is asked daily, since a site that flickers might else show its dark side only.
    """

    def urgency(url: str) -> tuple[bool, datetime, str]:
        history = histories[url]
        suspected = any(each.verdict is Verdict.EVIDENCE_OF_DEATH for each in telling(history))
        return not suspected or is_dead(history), next_check(history) or LONGEST_AGO, url

    due = sorted((url for url in histories if _is_due(histories[url], now)), key=urgency)
    return Plan(tuple(due[:most]), len(histories) - len(due), len(due[most:]))


def _is_due(history: History, now: datetime) -> bool:
    due = next_check(history)
    return due is None or due - EARLY <= now


class LinkRot:
    """One run over the external links of file pages.

    ``watch`` wraps the answers to show progress, ``now`` dates them; without ``record`` nothing is kept.
    """

    def __init__(
        self,
        reader: FactReader,
        checker: Checker,
        history: LinkHistory,
        settings: LinkSettings,
        *,
        watch: Callable[[Iterable[Answer], int, str], Iterable[Answer]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        record: bool = True,
    ) -> None:
        self._reader, self._checker, self._history = reader, checker, history
        self._settings, self._watch, self._now, self._record = settings, watch, now, record

    def run(self, page_ids: Iterable[int]) -> Checked:
        """Read the pages, ask for the links that are due, and keep the verdicts if the run counts.

        Raises NetworkError, and keeps nothing, when it does not.
        """
        pages, unread = 0, list[Skipped]()
        titles: defaultdict[str, set[str]] = defaultdict(set)
        for told in self._facts(page_ids):
            pages += 1
            if isinstance(told, Skipped):
                unread.append(told)
                continue
            for url in told.links:
                titles[url].add(told.file.title)
        urls = [url for url in titles if self._checker.would_ask(url)]
        known = self._history.link_histories(urls)
        histories = {url: tuple(known.get(url, ())) for url in urls}
        chosen = plan(histories, self._now(), self._settings.most_per_run)
        answers, seen = self._asked(chosen.due)
        if self._record:
            self._keep(seen)
        dead = {
            url: frozenset(titles[url])
            for url, history in histories.items()
            if is_dead((*history, seen[url]) if url in seen else history)
        }
        return Checked(pages, tuple(unread), chosen, len(titles) - len(urls), answers, dead)

    def _facts(self, page_ids: Iterable[int]) -> Iterator[Facts | Skipped]:
        rest = iter(dict.fromkeys(page_ids))
        while some := list(islice(rest, PAGES_AT_ONCE)):
            yield from self._reader.facts(some).values()

    def _asked(self, due: Sequence[str]) -> tuple[tuple[Answer, ...], dict[str, Observation]]:
        """Ask between two looks at the canaries, because our network may fail half-way."""
        if not due:
            return (), {}
        before = self._canaries()
        answers: list[Answer] = []
        seen: dict[str, Observation] = {}
        for answer in self._watch(self._checker.check_all(due), len(due), "links"):
            answers.append(answer)
            seen[answer.url] = Observation(self._now(), answer.verdict)
        after = self._canaries()
        if not run_counts([*before, *answers, *after], self._settings.canaries):
            raise NetworkError(
                "too many sites gave no answer for the others to count, so nothing was recorded; "
                "look at the network of this machine and run again"
            )
        return tuple(answers), seen

    def _canaries(self) -> list[Answer]:
        """Ask for the links that are known to live; raises NetworkError when one is not alive."""
        answers = list(self._checker.check_all(self._settings.canaries))
        if not run_counts(answers, self._settings.canaries):
            silent = [f"{one.url}: {reason_of(one)}" for one in answers if one.verdict is not Verdict.ALIVE]
            raise NetworkError(
                f"a canary is not alive ({'; '.join(silent)}), so no answer counts and nothing was "
                "recorded; look at the network of this machine, or at [links] canaries, and run again"
            )
        return answers

    def _keep(self, seen: Mapping[str, Observation]) -> None:
        rest = iter(seen.items())
        while some := dict(islice(rest, OBSERVED_AT_ONCE)):
            self._history.observe(some)


def reason_of(answer: Answer) -> str:
    """Say in a phrase what came of asking."""
    if isinstance(answer.seen, int):
        return f"HTTP status {answer.seen}"
    return answer.seen.sentence


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def summary_lines(checked: Checked) -> list[str]:
    """Sum a run up for people."""
    verdicts = Counter(answer.verdict for answer in checked.answers)
    unknown = Counter(reason_of(answer) for answer in checked.answers if answer.verdict is Verdict.UNKNOWN)
    lines = [printable(str(one)) for one in checked.unread]
    lines += [
        f"{plural(checked.pages, 'page')} read, {plural(len(checked.answers), 'link')} asked for",
        f"  {verdicts[Verdict.ALIVE]:>7,}  alive",
        f"  {verdicts[Verdict.EVIDENCE_OF_DEATH]:>7,}  with evidence of death",
        f"  {verdicts[Verdict.UNKNOWN]:>7,}  unknown",
        *(f"           {count:>7,}  {reason}" for reason, count in _by_count(unknown)),
        f"{checked.plan.not_due:,} not due, {checked.plan.put_off:,} put off to the next run, "
        f"{checked.left_alone:,} never asked for",
        f"{plural(len(checked.dead), 'link')} confirmed dead"
        + ("" if checked.dead else ": that takes three evidences, days apart, over a week"),
    ]
    for url, titles in sorted(checked.dead.items()):
        others = f" and {len(titles) - 1:,} more" if len(titles) > 1 else ""
        lines.append(f"  {printable(url)}  (File:{printable(min(titles))}{others})")
    return lines
