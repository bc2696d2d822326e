"""The door to the wiki, on a real MediaWiki."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pywikibot
from PIL import Image

from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.queries import BATCH
from faebot_hash.edits import PageEdit
from faebot_hash.errors import WikiError
from faebot_hash.model import FileInfo, PageText, Seed
from faebot_hash.reasons import Reason, Skipped
from tests.practice.cases import case_files
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

EVERYTHING = "filemime:image"
TITLE = case_files()[0].title


@pytest.fixture
def commons(wiki: PracticeWiki) -> Commons:
    commons = Commons(pywikibot.Site())
    commons.prepare()
    return commons


@pytest.fixture
def page_id(commons: Commons) -> int:
    (seed,) = commons.seeds([f"File:{TITLE}"])
    assert isinstance(seed, Seed)
    return seed.file.page_id


def page_text(commons: Commons, page_id: int) -> PageText:
    page = commons.texts([page_id])[page_id]
    assert isinstance(page, PageText)
    return page


def edit_of(commons: Commons, page_id: int, added: str = "\nadded") -> PageEdit:
    page = page_text(commons, page_id)
    return PageEdit(page, page.text + added, "test")


def test_who_and_where(commons: Commons) -> None:
    assert (commons.family, commons.user) == ("practice", "PracticeBot")
    assert commons.media_host.startswith("127.0.0.1:")


def test_a_search_lists_every_file_once(commons: Commons) -> None:
    hits = commons.search(EVERYTHING)
    assert hits.total == len(hits.page_ids) == len(set(hits.page_ids)) == len(case_files())
    assert commons.count(EVERYTHING).total == hits.total
    assert commons.search("intitle:nothingatall").page_ids == ()


def test_a_warning_makes_a_search_incomplete(commons: Commons, wiki: PracticeWiki) -> None:
    wiki.fault("search-warning")
    assert commons.count(EVERYTHING).warning
    assert commons.search(EVERYTHING).warning


def test_files_come_in_the_order_asked_for_with_standard_thumbnails(commons: Commons) -> None:
    ids = tuple(reversed(commons.search(EVERYTHING).page_ids))
    files = [file for file in commons.files(ids) if isinstance(file, FileInfo)]
    assert tuple(file.page_id for file in files) == ids
    assert all(file.thumb_url and "/120px-" in file.thumb_url for file in files)
    assert {file.title for file in files} == {file.title for file in case_files()}


def test_batches_cost_one_request_each(commons: Commons) -> None:
    ids = commons.search(EVERYTHING).page_ids
    before = commons.requests
    twice = [*ids, *range(900_000, 900_000 + 2 * BATCH - len(ids))]
    answers = list(commons.files(twice))
    assert len(answers) == 2 * BATCH
    assert commons.requests - before == 2
    assert [one.reason for one in answers if isinstance(one, Skipped)] == [Reason.MISSING] * (
        2 * BATCH - len(ids)
    )


def test_the_current_version_counts_whatever_came_before(
    commons: Commons, wiki: PracticeWiki, page_id: int, tmp_path: Path
) -> None:
    (before,) = commons.files([page_id])
    for level in (10, 200):
        Image.new("RGB", (300, 200), (level, 0, 0)).save(tmp_path / f"{level}.jpg")
        wiki.human("upload", f"File:{TITLE}", path=str(tmp_path / f"{level}.jpg"))
        time.sleep(1.1)  # MediaWiki names old versions by the second
    requests = commons.requests
    (after,) = commons.files([page_id])
    fresh = commons.preflight([TITLE], []).files[page_id]
    assert commons.requests - requests == 2, "older versions are not asked for"
    assert isinstance(before, FileInfo)
    assert isinstance(after, FileInfo)
    assert not isinstance(fresh, Skipped)
    assert fresh.file.sha1 == after.sha1
    assert (after.width_px, after.height_px) == (300, 200)
    assert after.sha1 != before.sha1


@pytest.mark.spec("3.2")
def test_a_page_that_is_gone_or_moved_is_named(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    wiki.human("move", f"File:{TITLE}", to="File:Moved.jpg")
    (old,) = commons.seeds([f"File:{TITLE}"])
    assert isinstance(old, Skipped)
    assert old.reason is Reason.REDIRECT
    (moved,) = commons.files([page_id])
    assert isinstance(moved, FileInfo)
    assert moved.title == "Moved.jpg"
    wiki.human("delete", "File:Moved.jpg")
    (gone,) = commons.files([page_id])
    assert isinstance(gone, Skipped)
    assert gone.reason is Reason.MISSING
    assert commons.preflight(["Moved.jpg"], []).files == {}


def test_the_history_tells_newest_first_who_said_what(
    commons: Commons, wiki: PracticeWiki, page_id: int
) -> None:
    wiki.human("append", f"File:{TITLE}", text=" more", summary="a remark")
    newest, *_, oldest = commons.history(page_id)
    assert (newest.user, newest.comment) == ("Admin", "a remark")
    assert oldest.parentid == 0


def test_an_edit_is_one_post(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    edit = edit_of(commons, page_id)
    answer = commons.edit(edit, "a summary (token)")
    assert (answer.code, answer.oldrevid) == ("", edit.page.revid)
    assert page_text(commons, page_id).text == edit.new_text
    assert commons.history(page_id)[0].comment == "a summary (token)"
    assert sum(one.get("action") == "edit" for one in wiki.requests()) == 1


def test_the_same_text_again_changes_nothing(commons: Commons, page_id: int) -> None:
    page = page_text(commons, page_id)
    assert commons.edit(PageEdit(page, page.text, "test"), "test").unchanged


def test_a_human_on_the_same_line_wins(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    edit = edit_of(commons, page_id)
    wiki.human("append", f"File:{TITLE}", text="\nby a human")
    assert commons.edit(edit, "test").code == "editconflict"


@pytest.mark.parametrize(
    ("fault", "value", "code"), [("lag", 9, "maxlag"), ("readonly", "maintenance", "readonly")]
)
def test_refusals_have_the_wikis_own_code(
    commons: Commons, wiki: PracticeWiki, page_id: int, fault: str, value: str | int, code: str
) -> None:
    edit = edit_of(commons, page_id)
    wiki.fault(fault, value)
    assert commons.edit(edit, "test").code == code
    assert sum(one.get("action") == "edit" for one in wiki.requests()) == 1


@pytest.mark.parametrize("how", ["502", "break"])
@pytest.mark.spec("8.9")
def test_a_lost_reply_is_unknown_and_not_sent_again(
    commons: Commons, wiki: PracticeWiki, page_id: int, how: str
) -> None:
    edit = edit_of(commons, page_id)
    wiki.fault("lost-reply", how)
    assert commons.edit(edit, "test").code == "unknown"
    assert page_text(commons, page_id).text == edit.new_text
    assert sum(one.get("action") == "edit" for one in wiki.requests()) == 1


def test_a_protected_page_is_refused(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    edit = edit_of(commons, page_id)
    wiki.human("protect", f"File:{TITLE}")
    assert commons.edit(edit, "test").code == "protectedpage"


def test_a_blocked_account_is_refused(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    edit = edit_of(commons, page_id)
    wiki.human("block", "PracticeBot")
    assert commons.edit(edit, "test").code == "blocked"


def test_one_call_tells_everything_before_an_edit(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    before = commons.requests
    read = commons.preflight([TITLE, case_files()[1].title], ["Duplicate", "No such category"])
    assert commons.requests - before == 1
    assert abs((datetime.now(UTC) - read.read_at).total_seconds()) < 60
    assert (read.account.name, read.account.blocked, read.account.has_message) == ("PracticeBot", "", False)
    assert {"edit", "bot"} <= read.account.rights
    assert isinstance(read.run_page, PageText)
    assert read.run_page.text == "yes"
    assert len(read.files) == 2
    assert read.category_files == {"Duplicate": 1, "No such category": 0}
    wiki.human("protect", f"File:{TITLE}")
    wiki.human("block", "PracticeBot", summary="trial")
    wiki.human("message", "Please stop", text="It goes wrong.")
    wiki.human("delete", "User:PracticeBot/Run")
    read = commons.preflight([TITLE], [])
    current = read.files[page_id]
    assert not isinstance(current, Skipped)
    assert current.protection == "sysop"
    assert read.account.blocked
    assert read.account.has_message
    assert isinstance(read.run_page, Skipped)


def test_an_undone_edit_is_known(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    saved = commons.edit(edit_of(commons, page_id), "test")
    ours = {saved.newrevid: page_id, saved.oldrevid: page_id}
    assert commons.reverted(ours) == frozenset()
    wiki.person().edit(title=f"File:{TITLE}", undo=saved.newrevid)
    assert commons.reverted(ours) == {saved.newrevid}


def test_an_undone_edit_is_known_below_later_ones(commons: Commons, wiki: PracticeWiki, page_id: int) -> None:
    saved = commons.edit(edit_of(commons, page_id), "test")
    wiki.person().edit(title=f"File:{TITLE}", undo=saved.newrevid)
    wiki.human("append", f"File:{TITLE}", text=" more")
    wiki.run_jobs()
    assert commons.reverted({saved.newrevid: page_id}) == {saved.newrevid}


def test_old_texts_can_be_read(commons: Commons, page_id: int) -> None:
    edit = edit_of(commons, page_id)
    commons.edit(edit, "test")
    assert commons.text_at(edit.page.revid) == edit.page.text
    assert commons.text_at(999_999) is None


def test_simulation_sends_nothing(
    commons: Commons, wiki: PracticeWiki, page_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = edit_of(commons, page_id)
    monkeypatch.setattr(pywikibot.config, "simulate", True)
    assert commons.edit(edit, "test").code == "simulated"
    assert not any(one.get("action") == "edit" for one in wiki.requests())


def test_a_query_that_the_wiki_refuses_is_an_error_that_says_so(commons: Commons) -> None:
    with pytest.raises(WikiError, match="does not answer"):
        commons.search("")


def test_whether_a_page_exists(commons: Commons) -> None:
    assert commons.exists("Category:Faebot identified duplicates")
    assert not commons.exists("Category:No such category")
