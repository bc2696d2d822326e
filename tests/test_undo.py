"""What a run did is taken back; what it took back itself stays so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faebot_hash.edits import Kind, Proposal
from faebot_hash.gate import Rules
from faebot_hash.undo import undo
from tests.fakes import FakeJournal, FakeWiki
from tests.test_apply import TAG, Clock, editor, proposal
from tests.test_find import World


@pytest.mark.parametrize(
    ("kind", "undoing"),
    [
        (Kind.IDENTIFIED, [Kind.UNDO]),
        (Kind.NOMINATED, [Kind.UNNOMINATED]),
        (Kind.RELEASED, [Kind.UNDO]),
        (Kind.CLEANED, [Kind.UNDO]),
        (Kind.UNDO, []),
        (Kind.WITHDRAWN, []),
        (Kind.UNNOMINATED, []),
        (Kind.REPORT, []),
    ],
)
def test_only_what_added_something_is_undone(kind: Kind, undoing: list[Kind]) -> None:
    world = World({1: (11, 1), 2: (11, 2)})
    wiki: FakeWiki = world.wiki
    journal, clock = FakeJournal(), Clock()
    wiki.now = clock.now
    before = wiki.text(1)
    one = editor(wiki, journal, clock, run="one", rules=Rules(may_nominate=True))
    one.apply(replace(proposal(wiki), kind=kind))
    assert wiki.text(1) == before + TAG
    proposed = [given for _, given in undo("one", journal, wiki) if isinstance(given, Proposal)]
    assert [one.edit.new_text for one in proposed] == [before] * len(undoing)
    assert [one.kind for one in proposed] == undoing
