from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash import report
from faebot_hash.edits import Applied, Found, Outcome, PageEdit, Proposal
from faebot_hash.match import equal_sets, matches
from faebot_hash.model import Basis, FileInfo, Fingerprint, HashedFile, PageText, Slice, SliceKind
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.tally import Tally

BASIS = Basis("thumbnail", 120, "12.3.0", "4.3.2")
PART = Slice(SliceKind.VIRIN, "virin 120105-N- image/jpeg PD-USGov-", '"120105-N-"')
NAVY = (
    "US Navy 120105-N-ZZ999-002 A U.S. Navy SH-60S Sea Hawk helicopter provides support to a visit, board, "
    "search and seizure (VBSS) team in a 7-meter r.jpg"
)
FLICKR = "120105-N-ZZ999-002 (6668113027).jpg"
DHOW = "Flickr - Official U.S. Navy Imagery - Sailors from USS Kidd assist an Iranian-flagged dhow..jpg"


def hashed(page_id: int, title: str, phash: int, dhash: int) -> HashedFile:
    file = FileInfo(
        page_id, title, f"{page_id:040x}", 1, 640, 480, "image/jpeg", datetime(2012, 1, 1, tzinfo=UTC)
    )
    return HashedFile(file, Fingerprint(phash, dhash, 0, 0, low_information=False), BASIS)


SETS = equal_sets(
    [
        hashed(1, NAVY, 0x9F17, 5),
        hashed(2, FLICKR, 0x9F17, 7),
        hashed(3, DHOW, 0x9F16, 7),
        hashed(4, "D.jpg", 1, 2),
    ]
)
PROPOSALS = tuple(
    Proposal(one.file, PageEdit(PageText(one.file.page_id, one.file.title, 1, "", ""), "", ""), match=one)
    for one in matches(SETS)
)
SKIPPED = (
    Skipped(DHOW, Reason.CROSS_LINKED, "names 120105-N-ZZ999-002 (6668113027).jpg"),
    Skipped("Flat one.jpg", Reason.LOW_INFORMATION),
    Skipped("Flat two.jpg", Reason.LOW_INFORMATION, "equal to no other"),
    Skipped("Gone.jpg", Reason.UNREADABLE, "HTTP 503 after 4 attempts"),
)
APPLIED = (
    Applied(PROPOSALS[0], Outcome.EDITED, revid=4711),
    Applied(PROPOSALS[1], Outcome.CONFLICT, "editconflict"),
)
FOUND = Found(PART, 8, 7, 4, SETS, PROPOSALS[:2], SKIPPED)
UNCHANGED = Skipped("virin 081024-N- image/jpeg PD-USGov-", Reason.UNCHANGED, "52 files")

GOLDEN = """\
virin 120105-N- image/jpeg PD-USGov-
  7 files · 4 hashed · 2 sets · 1 edited · 2 need attention

  pHash 0000000000009f17 · 2 files                 pHash dHash  bits from the first
  + US Navy 120105-N-ZZ999-…eam in a 7-meter r.jpg     –     –  tagged (revision 4711)
  ! 120105-N-ZZ999-002 (6668113027).jpg                0     1  the page changed meanwhile
                                                                (editconflict)

  dHash 0000000000000007 · 2 files                 pHash dHash  bits from the first
  ! 120105-N-ZZ999-002 (6668113027).jpg                –     –  the page changed meanwhile
                                                                (editconflict)
  · Flickr - Official U.S. …nian-flagged dhow..jpg     1     0  the page names, or is named by,
                                                                another file of the set (names
                                                                120105-N-ZZ999-002 (6668113027).jpg)

  ! 1 left out: the download failed (rule 2.9)
      Gone.jpg (HTTP 503 after 4 attempts)

  · 2 left out: flat or nearly flat: its hashes say nothing (rule 1.9)
      Flat one.jpg
      Flat two.jpg (equal to no other)"""

GOLDEN_TOTALS = """\
In all
  1  slices
  7  files listed
  4  files hashed
  2  duplicate sets
Done
! 1  the page changed meanwhile
  1  edited
Left out
  2  flat or nearly flat: its hashes say nothing (rule 1.9)
  1  the page names, or is named by, another file of the set (rule 3.8)
  1  done before, and nothing new since (rule 1.6)
! 1  the download failed (rule 2.9)
! 2 need attention: the lines marked “!”"""


def tally(*done: tuple[Found | Skipped, Sequence[Applied | Skipped]]) -> Tally:
    counts = Tally()
    for found, applied in done:
        counts.add(found, applied)
    return counts


def test_one_slice_at_a_glance() -> None:
    assert report.found_lines(FOUND, APPLIED) == GOLDEN.split("\n")


def test_the_end_of_a_run() -> None:
    assert report.total_lines(tally((FOUND, APPLIED), (UNCHANGED, ()))) == GOLDEN_TOTALS.split("\n")


def test_a_quiet_run() -> None:
    lines = report.total_lines(tally())
    assert lines[-1] == "Nothing needs attention."
    assert "Done" not in lines


def test_counts_are_aligned() -> None:
    skipped = tuple(Skipped(f"{n}.jpg", Reason.LOW_INFORMATION) for n in range(1_234))
    lines = report.total_lines(tally((Found(PART, 1_234, 1_234, 1_234, skipped=skipped), ())))
    counted = [line for line in lines if line.startswith(" ")]
    assert {line.index("  ", 7) for line in counted} == {7}
    assert "  1,234  flat or nearly flat: its hashes say nothing (rule 1.9)" in counted


def test_a_slice_passed_over_takes_one_line() -> None:
    assert report.found_lines(UNCHANGED) == [
        "· virin 081024-N- image/jpeg PD-USGov-: done before, and nothing new since (52 files)"
    ]
    assert report.found_lines(Skipped("k", Reason.INCOMPLETE_SEARCH))[0].startswith(
        "! k: the search answered"
    )


def test_a_slice_without_duplicates() -> None:
    assert report.found_lines(Found(PART, 52, 52, 1)) == [PART.key, "  52 files · 1 hashed · no duplicates"]


@pytest.mark.parametrize(
    ("outcome", "mark"),
    [
        (Outcome.EDITED, "+"),
        (Outcome.SIMULATED, "~"),
        (Outcome.DECLINED, "-"),
        (Outcome.NOTHING_TO_DO, "·"),
        (Outcome.CONFLICT, "!"),
        (Outcome.REFUSED, "!"),
        (Outcome.UNAVAILABLE, "!"),
        (Outcome.UNKNOWN, "!"),
    ],
)
def test_the_mark_tells_what_became_of_a_file(outcome: Outcome, mark: str) -> None:
    lines = report.found_lines(FOUND, [Applied(PROPOSALS[0], outcome)])
    line = next(line for line in lines if "US Navy" in line)
    assert line[2] == mark
    assert outcome.sentence.replace("edited", "tagged").startswith(line[64:])


def test_a_file_that_nobody_got_to_says_so() -> None:
    lines = report.found_lines(FOUND, [])
    assert next(line for line in lines if "US Navy" in line).endswith("nothing was attempted")


def test_a_skip_found_at_the_time_of_the_edit_is_shown() -> None:
    late = Skipped(f"File:{NAVY}", Reason.REMOVED_BY_HUMAN)
    lines = report.found_lines(FOUND, [late])
    assert next(line for line in lines if "US Navy" in line).endswith("somebody took our tag away")


def test_every_reason_fits_its_column() -> None:
    for reason in Reason:
        found = Found(
            PART, 2, 2, 2, SETS, (), (Skipped(NAVY, reason, "x" * 30), Skipped("other.jpg", reason))
        )
        assert max(map(len, report.found_lines(found))) <= 100


def test_colour_changes_nothing_but_colour() -> None:
    painted = "\n".join(report.found_lines(FOUND, APPLIED, colour=True))
    assert "\x1b[32m+\x1b[0m" in painted
    assert "\x1b[1;31m!\x1b[0m" in painted
    assert _plain(painted) == GOLDEN
    totals = "\n".join(report.total_lines(tally((FOUND, APPLIED), (UNCHANGED, ())), colour=True))
    assert _plain(totals) == GOLDEN_TOTALS


def _plain(text: str) -> str:
    for code in ("0", "1", "2", "32", "36", "1;31"):
        text = text.replace(f"\x1b[{code}m", "")
    return text


@given(st.text(min_size=1), st.text())
def test_no_title_or_answer_can_disturb_the_terminal(title: str, detail: str) -> None:
    sets = equal_sets([hashed(1, title, 5, 5), hashed(2, "b.jpg", 5, 5)])
    (match, *_) = matches(sets)
    proposal = Proposal(match.file, PROPOSALS[0].edit, match=match)
    applied = [Applied(proposal, Outcome.REFUSED, detail)]
    found = Found(PART, 2, 2, 2, sets, (proposal,), (Skipped(f"{title}!", Reason.MALFORMED, detail),))
    lines = [
        *report.found_lines(found, applied),
        *report.total_lines(tally((found, applied))),
        report.edit_line(applied[0]),
    ]
    assert all(line.isprintable() for line in lines)


def test_wide_letters_keep_the_columns() -> None:
    title = "日本語の長い長いファイル名がここにあります東京都千代田区丸の内一丁目九番.jpg"
    sets = equal_sets([hashed(1, title, 5, 5), hashed(2, "é" * 3 + ".jpg", 5, 5)])
    wide, narrow = report.found_lines(Found(PART, 2, 2, 2, sets))[-2:]
    shown = wide[4 : wide.index(".jpg") + 4]
    assert "…" in shown
    assert len(shown) + sum(ord(char) > 0x2FFF for char in shown) in (45, 46)
    assert wide.index("–") + sum(ord(char) > 0x2FFF for char in wide) == narrow.index(" 0 ") + 1


def test_an_edit_in_one_line() -> None:
    assert report.edit_line(APPLIED[0]) == (
        f"{NAVY}: tagged (revision 4711); pHash 0000000000009f17, equal to {FLICKR}"
    )
    assert report.edit_line(APPLIED[1]) == (
        f"{FLICKR}: the page changed meanwhile (editconflict); pHash 0000000000009f17, equal to 2 files"
    )


def test_json_tells_the_same_facts_in_full() -> None:
    told = json.loads(json.dumps(report.to_json(FOUND, APPLIED)))
    assert list(told) == ["slice", "hits", "listed", "hashed", "sets", "left_out"]
    assert told["slice"] == {"kind": "virin", "key": PART.key, "query": PART.query}
    assert [(one["hash"], one["value"]) for one in told["sets"]] == [
        ("pHash", "0000000000009f17"),
        ("dHash", "0000000000000007"),
    ]
    assert told["sets"][0]["files"][0] == {
        "page_id": 1,
        "title": NAVY,
        "sha1": f"{1:040x}",
        "width_px": 640,
        "height_px": 480,
        "phash": "0000000000009f17",
        "dhash": "0000000000000005",
        "phash_bits": 0,
        "dhash_bits": 0,
        "decisions": [
            {
                "outcome": "edited",
                "sentence": "tagged",
                "detail": "",
                "retry_later": False,
                "needs_attention": False,
                "revid": 4711,
            }
        ],
    }
    late = told["sets"][1]["files"][1]
    assert (late["title"], late["phash_bits"], late["dhash_bits"]) == (DHOW, 1, 0)
    assert [one["what"] for one in told["left_out"]] == ["Flat one.jpg", "Flat two.jpg", "Gone.jpg"]
    assert told["left_out"][2]["reason"] == "unreadable"
    assert told["left_out"][2]["detail"] == "HTTP 503 after 4 attempts"


def test_json_of_a_slice_passed_over() -> None:
    assert report.to_json(UNCHANGED) == {
        "skipped": UNCHANGED.what,
        "reason": "unchanged",
        "sentence": "done before, and nothing new since",
        "detail": "52 files",
        "retry_later": False,
        "needs_attention": False,
        "rule": "1.6",
    }
