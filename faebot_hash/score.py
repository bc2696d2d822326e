"""From the evidence on each member of a family of identical files to points with reasons, and a ranking.

Three kinds of criterion:

- alone: the earliest upload, the most used, the largest … get the point when one member beats all
  others; where the value of any member is unknown nobody can be said to;
- shared: the best template and dead links count for every member that has them, unless all have;
- of itself: a host named, an assessment, a licence review count whatever the others have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from faebot_hash.markup import folded
from faebot_hash.merit import Criterion, Evidence, Keep, Point, Ranking, Score
from faebot_hash.settings import ScoreSettings

# For each member the reasons for which it gets the points, once for each; None when that is unknown.
Findings = list[tuple[str, ...] | None]
Judge = Callable[[Sequence[Evidence], ScoreSettings], Findings]


def score(members: Sequence[Evidence], settings: ScoreSettings) -> Ranking:
    """Give each member its points and rank them; criteria worth 0 points are not looked at."""
    if len({member.page_id for member in members}) != len(members) or len(members) < 2:
        raise ValueError("a ranking needs two files or more, each once")
    members = sorted(members, key=lambda member: member.page_id)
    findings = {
        criterion: judge(members, settings)
        for criterion, judge in JUDGES.items()
        if settings.points(criterion)
    }
    scores = [_score_one(member, place, findings, settings) for place, member in enumerate(members)]
    sign = -1 if settings.keep is Keep.HIGHEST else 1
    scores.sort(key=lambda one: sign * one.total)
    return Ranking(tuple(scores), settings.keep, settings.min_lead)


def _score_one(
    member: Evidence, place: int, findings: Mapping[Criterion, Findings], settings: ScoreSettings
) -> Score:
    points = tuple(
        Point(criterion, settings.points(criterion), reason)
        for criterion, found in findings.items()
        for reason in found[place] or ()
    )
    unknown = tuple(criterion for criterion, found in findings.items() if found[place] is None)
    return Score(member, points, unknown)


def _alone(value: Callable[[Evidence], float | None], reason: Callable[[Evidence], str]) -> Judge:
    """Make a judge that finds the one member whose value is above all others."""

    def judge(members: Sequence[Evidence], settings: ScoreSettings) -> Findings:
        values = [value(member) for member in members]
        known = [one for one in values if one is not None]
        best = max(known, default=0.0)
        decided = len(known) == len(members) and known.count(best) == 1
        return [
            None if one is None else (reason(member),) if decided and one == best else ()
            for member, one in zip(members, values, strict=True)
        ]

    return judge


def _of_itself(reasons: Callable[[Evidence, ScoreSettings], tuple[str, ...] | None]) -> Judge:
    """Make a judge that looks at each member without the others."""
    return lambda members, settings: [reasons(member, settings) for member in members]


def _better_template(members: Sequence[Evidence], settings: ScoreSettings) -> Findings:
    places = [_best_place(member, settings) for member in members]
    best = min((place for place in places if place is not None), default=0)
    # A member whose templates are unknown may use this one too, or a better one.
    told = None not in places and len(set(places)) > 1
    return [
        None if place is None else (_template_reason(settings, best),) if told and place == best else ()
        for place in places
    ]


def _best_place(member: Evidence, settings: ScoreSettings) -> int | None:
    if member.templates is None:
        return None
    used = (place for place, name in enumerate(settings.templates) if folded(name) in member.templates)
    return next(used, len(settings.templates))


def _template_reason(settings: ScoreSettings, place: int) -> str:
    return f"uses {{{{{settings.templates[place]}}}}}, a better layout"


def _dead_links(members: Sequence[Evidence], settings: ScoreSettings) -> Findings:
    """Count each dead link wherever it stands; one that all members have tells them not apart.

    A link has one state: what is confirmed for one page holds for every page with the same link.
    """
    if any(member.links is None for member in members):
        return [None if None in (member.links, member.dead_links) else () for member in members]
    named = [member.links or frozenset() for member in members]
    dead = frozenset[str]().union(*(member.dead_links or () for member in members))
    dead -= frozenset.intersection(*named)
    found: Findings = []
    for member, links in zip(members, named, strict=True):
        reasons = tuple(f"dead link {link}" for link in sorted(dead & links))
        found.append(None if member.dead_links is None and not reasons else reasons)
    return found


def _dead_hosts(member: Evidence, settings: ScoreSettings) -> tuple[str, ...] | None:
    if member.hosts is None:
        return None
    named = sorted({host.lower() for host in settings.dead_hosts} & member.hosts)
    return (f"names {' and '.join(named)}, whose links lead nowhere",) if named else ()


def _assessments(member: Evidence, settings: ScoreSettings) -> tuple[str, ...] | None:
    if member.assessments is None:
        return None
    names = sorted(assessment.value for assessment in member.assessments)
    return (" and ".join(names),) if names else ()


def _licence_review(member: Evidence, settings: ScoreSettings) -> tuple[str, ...] | None:
    if member.licence_reviewed is None:
        return None
    return ("licence review passed",) if member.licence_reviewed else ()


def _earliness_s(member: Evidence) -> float | None:
    return None if member.uploaded is None else -member.uploaded.timestamp()


JUDGES: Mapping[Criterion, Judge] = {
    Criterion.EARLIEST_UPLOAD: _alone(_earliness_s, lambda one: f"uploaded first, {one.uploaded:%Y-%m-%d}"),
    Criterion.BETTER_TEMPLATE: _better_template,
    Criterion.DEAD_HOST: _of_itself(_dead_hosts),
    Criterion.DEAD_LINK: _dead_links,
    Criterion.MOST_USED: _alone(
        lambda one: one.global_usage, lambda one: f"most used on other wikis: {one.global_usage} pages"
    ),
    Criterion.ASSESSED: _of_itself(_assessments),
    Criterion.MOST_CATEGORIES: _alone(
        lambda one: one.categories, lambda one: f"most categories: {one.categories}"
    ),
    Criterion.MOST_STATEMENTS: _alone(
        lambda one: one.statements, lambda one: f"most structured-data statements: {one.statements}"
    ),
    Criterion.LARGEST: _alone(
        lambda one: one.pixels, lambda one: f"largest: {one.width_px} × {one.height_px} pixels"
    ),
    Criterion.LICENCE_REVIEWED: _of_itself(_licence_review),
}
