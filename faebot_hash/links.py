"""When an external link is dead: from an answer to a verdict, from verdicts over days to a state.

Stricter than InternetArchiveBot, DeadlinkChecker and weblinkchecker, because a score rests on it: only 404,
410 and a name that does not exist speak for death, and only several of them, days apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

EVIDENCES_NEEDED = 3
EVIDENCES_APART = timedelta(hours=72)
EVIDENCES_SPAN = timedelta(days=7)
CHECK_EVERY = timedelta(hours=24)
MOST_HOSTS_FAILED = 0.3


class Verdict(Enum):
    """What one answer says of a link."""

    ALIVE = "alive"
    EVIDENCE_OF_DEATH = "evidence of death"
    UNKNOWN = "unknown"


class Failure(Enum):
    """Why there is no status: a sentence for people, and whether the host or the network has failed."""

    def __init__(self, sentence: str, host_failed: bool) -> None:
        self.sentence = sentence
        self.host_failed = host_failed

    NO_SUCH_NAME = ("the name does not exist", True)
    LOOKUP_FAILED = ("the name could not be looked up", True)
    TIMEOUT = ("no answer in the time allowed", True)
    CONNECTION = ("the connection failed", True)
    TLS = ("no trusted connection", True)
    BAD_ANSWER = ("the answer is no HTTP", True)
    NOT_ALLOWED = ("a scheme, port or user name that is not asked for", False)
    UNPARSABLE = ("no usable address", False)
    FORBIDDEN_ADDRESS = ("the name leads to an address that must not be connected to", False)
    OWN_SITE = ("a site of Wikimedia, which is not checked", False)
    TOO_MANY_REDIRECTS = ("too many redirects", False)
    BROKEN_REDIRECT = ("a redirect to a name that does not exist", False)
    HOST_BUSY = ("the host was being asked for too long", False)


@dataclass(frozen=True)
class Answer:
    """What came of asking for a link: the status in the end, or why there is none."""

    url: str
    host: str
    seen: int | Failure
    detail: str = ""

    @property
    def verdict(self) -> Verdict:
        """Judge this one answer."""
        if self.seen in (404, 410, Failure.NO_SUCH_NAME):
            return Verdict.EVIDENCE_OF_DEATH
        if isinstance(self.seen, int) and 200 <= self.seen <= 299:
            return Verdict.ALIVE
        return Verdict.UNKNOWN


@dataclass(frozen=True)
class Observation:
    """A verdict and when it was made, in a run that counted; the moment has a time zone."""

    at: datetime
    verdict: Verdict

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an observation needs a time zone")


def run_counts(answers: Iterable[Answer], canaries: Collection[str]) -> bool:
    """Tell whether our own network worked, so that the answers of a run may become observations.

    ``answers`` include those of the canaries, links known to live: each must be alive. A host has failed
    when none of its links got a status; links that we refused to ask for say nothing of their hosts.
    """
    alive: set[str] = set()
    answered: dict[str, bool] = {}
    for answer in answers:
        if answer.verdict is Verdict.ALIVE:
            alive.add(answer.url)
        if isinstance(answer.seen, int):
            answered[answer.host] = True
        elif answer.seen.host_failed:
            answered.setdefault(answer.host, False)
    failed = sum(not has_answered for has_answered in answered.values())
    return bool(canaries) and alive.issuperset(canaries) and failed <= MOST_HOSTS_FAILED * len(answered)


def is_dead(history: Iterable[Observation]) -> bool:
    """Tell whether a link is dead: three evidences, 72 h apart, over 7 days, and no life between or since."""
    evidences: list[datetime] = []
    for observation in sorted(history, key=lambda each: each.at):
        if observation.verdict is Verdict.ALIVE:
            evidences.clear()
        elif observation.verdict is Verdict.EVIDENCE_OF_DEATH:
            evidences.append(observation.at)
    if not evidences or evidences[-1] - evidences[0] < EVIDENCES_SPAN:
        return False
    apart = 0
    counted_until: datetime | None = None
    for at in evidences:
        # The last evidence ends the span, so those between must leave it its distance.
        if at != evidences[-1] and evidences[-1] - at < EVIDENCES_APART:
            continue
        if counted_until is None or at - counted_until >= EVIDENCES_APART:
            apart, counted_until = apart + 1, at
    return apart >= EVIDENCES_NEEDED


def telling(history: Iterable[Observation]) -> tuple[Observation, ...]:
    """Leave out what no longer tells anything: at most one life, one unknown and three evidences stay.

    ``is_dead`` and ``next_check`` say the same of what is left, and go on saying the same as later
    observations follow. Earlier ones that come late can only delay a death.
    """
    newest: dict[Verdict, Observation] = {}
    apart: list[Observation] = []
    for observation in sorted(history, key=lambda each: each.at):
        newest[observation.verdict] = observation
        if observation.verdict is Verdict.ALIVE:
            apart.clear()
            newest.pop(Verdict.EVIDENCE_OF_DEATH, None)
        elif observation.verdict is Verdict.EVIDENCE_OF_DEATH:
            # The last evidence moves on, but those before it are always the earliest there are.
            is_apart = not apart or observation.at - apart[-1].at >= EVIDENCES_APART
            if is_apart and len(apart) < EVIDENCES_NEEDED - 1:
                apart.append(observation)
    return tuple(sorted({*apart, *newest.values()}, key=lambda each: each.at))


def next_check(history: Iterable[Observation]) -> datetime | None:
    """Give the moment from which a link should be asked for again; None means at once.

    Daily: the more often, the less likely is it that a flickering site shows only its dark side, and a
    death is confirmed within ten days even when two runs did not count.
    """
    last = max((observation.at for observation in history), default=None)
    return None if last is None else last + CHECK_EVERY
