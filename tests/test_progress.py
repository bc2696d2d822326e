"""Progress in a log: seldom, and silent when there is nothing to do."""

from __future__ import annotations

from faebot_hash.adapters.progress import LOG_EVERY_S, watched


def test_lines_come_at_intervals_and_at_the_end() -> None:
    lines: list[str] = []
    times = iter([0.0, 1.0, LOG_EVERY_S + 1, LOG_EVERY_S + 1, LOG_EVERY_S + 2, LOG_EVERY_S + 3])
    items = watched("abc", 3, "thumbnails", terminal=False, log=lines.append, clock=lambda: next(times))
    assert list(items) == ["a", "b", "c"]
    assert lines == ["thumbnails: 2 of 3", "thumbnails: 3 in 33.0 s"]


def test_nothing_to_do_says_nothing() -> None:
    lines: list[str] = []
    assert list(watched([], 0, "thumbnails", terminal=False, log=lines.append)) == []
    assert lines == []
