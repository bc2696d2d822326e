"""One suite on the fake wiki and on a real MediaWiki, so that the fake cannot drift."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from faebot_hash.adapters.commons import Commons
from faebot_hash.edits import PageEdit
from faebot_hash.errors import WikiError
from faebot_hash.model import FileInfo, PageText
from faebot_hash.preflight import Other
from faebot_hash.reasons import Reason, Skipped
from tests.fake_wiki.grounds import (
    Ground,
    fake_ground,
    practice_ground,
    run_jobs,
    shape,
    tags_of,
)
from tests.fake_wiki.world import World
from tests.practice.client import ApiClient
from tests.practice.configuration import BOT
from tests.practice.wiki import PracticeWiki

pytest_plugins = ("tests.fake_wiki.fixtures",)

ISO_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NOWHERE = 987_654


@pytest.fixture(params=["fake", pytest.param("practice", marks=pytest.mark.practice)])
def ground(request: pytest.FixtureRequest) -> Ground:
    if request.param == "practice":
        return practice_ground(request.getfixturevalue("wiki"))
    return fake_ground(request.getfixturevalue("world"), request.getfixturevalue("world_commons"))


@pytest.fixture
def bot(ground: Ground) -> ApiClient:
    return ground.wiki.bot()


def lines(page: PageText) -> list[str]:
    return page.text.split("\n")


def first_line_changed(page: PageText) -> str:
    return "\n".join(["== Described ==", *lines(page)[1:]])


def last_line_changed(page: PageText, to: str = "[[Category:Other]]") -> str:
    return "\n".join([*lines(page)[:-1], to])


# Reading


def test_a_page_is_read_with_its_text_and_the_time_of_the_read(ground: Ground) -> None:
    page = ground.page
    assert page.page_id == ground.page_id
    assert page.text
    assert ISO_SECONDS.fullmatch(page.read_at)
    assert (ground.commons.family, ground.commons.user) == ("practice", BOT)


def test_what_is_missing_is_said_to_be_missing(ground: Ground) -> None:
    (seed,) = ground.commons.seeds(["File:No such file.jpg"])
    assert isinstance(seed, Skipped)
    assert seed.reason is Reason.MISSING
    gone = ground.commons.texts([NOWHERE])[NOWHERE]
    assert isinstance(gone, Skipped)
    assert gone.reason is Reason.MISSING


def test_underscores_are_normalized(ground: Ground) -> None:
    told = ground.wiki.reader().get(action="query", titles=ground.title.replace(" ", "_"), prop="info")
    assert told["query"]["pages"][0]["title"] == ground.title


def test_a_file_has_its_sha1_and_a_thumbnail(ground: Ground) -> None:
    (file,) = ground.commons.files([ground.page_id])
    assert isinstance(file, FileInfo)
    assert re.fullmatch("[0-9a-f]{40}", file.sha1)
    assert file.thumb_url
    assert "/120px-" in file.thumb_url


def test_a_moved_page_keeps_its_id_and_leaves_a_redirect(ground: Ground) -> None:
    before = ground.page
    ground.wiki.human("move", ground.title, to="File:Moved.jpg")
    (old,) = ground.commons.seeds([ground.title])
    assert isinstance(old, Skipped)
    assert old.reason is Reason.REDIRECT
    moved = ground.page
    assert (moved.title, moved.text) == ("Moved.jpg", before.text)
    assert moved.revid > before.revid, "the history notes the move"
    told = ground.wiki.reader().get(action="query", titles=ground.title, prop="info|imageinfo")
    assert told["query"]["pages"][0]["redirect"] is True
    assert "imageinfo" in told["query"]["pages"][0], "a redirect answers with its target's file"


def test_a_protected_page_shows_it_and_its_history_notes_it(ground: Ground) -> None:
    before = ground.page
    assert ground.first(prop="info", inprop="protection")["protection"] == []
    ground.wiki.human("protect", ground.title)
    levels = ground.first(prop="info", inprop="protection")["protection"]
    assert {(one["type"], one["level"]) for one in levels} == {("edit", "sysop"), ("move", "sysop")}
    assert ground.page.revid > before.revid
    assert ground.page.text == before.text


def test_an_overwritten_file_has_another_sha1_and_a_note_in_the_history(
    ground: Ground, tmp_path: Path
) -> None:
    before = ground.page
    (old,) = ground.commons.files([ground.page_id])
    Image.new("RGB", (300, 200), (200, 0, 0)).save(tmp_path / "new.jpg")
    ground.wiki.human("upload", ground.title, path=str(tmp_path / "new.jpg"))
    (new,) = ground.commons.files([ground.page_id])
    assert isinstance(old, FileInfo)
    assert isinstance(new, FileInfo)
    assert new.sha1 == hashlib.sha1((tmp_path / "new.jpg").read_bytes()).hexdigest() != old.sha1  # noqa: S324
    assert ground.page.revid > before.revid
    answer = ground.commons.edit(PageEdit(before, before.text + "\nours", ""), "test")
    assert (answer.code, answer.oldrevid) == ("", ground.commons.history(ground.page_id)[1].revid)
    assert answer.oldrevid > before.revid, "an edit over an upload is a merge"


def test_the_history_is_newest_first_with_users_summaries_and_digests(ground: Ground) -> None:
    ground.says(ground.page.text + "\nmore", "a remark")
    newest, *_, oldest = ground.commons.history(ground.page_id)
    assert (newest.user, newest.comment) == ("Admin", "a remark")
    assert newest.sha1 == hashlib.sha1(ground.page.text.encode()).hexdigest()  # noqa: S324
    assert oldest.parentid == 0


def test_a_long_history_is_continued(ground: Ground) -> None:
    for number in range(3):
        ground.says(f"text {number}")
    asked = {"prop": "revisions", "rvprop": "ids", "rvlimit": 2}
    first = ground.asked(**asked)
    rest = ground.asked(**asked, **first["continue"])
    revids = [one["revid"] for part in (first, rest) for one in part["query"]["pages"][0]["revisions"]]
    assert len(set(revids)) == 4 or "continue" not in rest
    assert revids == sorted(revids, reverse=True)


def test_revisions_by_id_and_unknown_ones(ground: Ground) -> None:
    told = ground.wiki.reader().get(
        action="query", revids=f"{ground.page.revid}|{NOWHERE}", prop="revisions", rvprop="ids|tags"
    )["query"]
    (page,) = told["pages"]
    assert page["pageid"] == ground.page_id
    assert page["revisions"][0]["tags"] == []
    assert told["badrevids"][str(NOWHERE)]["missing"] is True


def test_a_category_is_counted(ground: Ground) -> None:
    def told() -> dict[str, Any]:
        answer = ground.wiki.reader().get(
            action="query", titles="Category:Duplicate|Category:No such", prop="categoryinfo"
        )
        return {page["title"]: page for page in answer["query"]["pages"]}

    before = told()
    assert "categoryinfo" not in before["Category:No such"]
    files = before["Category:Duplicate"].get("categoryinfo", {"files": 0})["files"]
    ground.says(ground.page.text + "\n[[Category:Duplicate]]")
    after = told()["Category:Duplicate"]["categoryinfo"]
    assert after["files"] == files + 1
    assert after["size"] >= after["files"]


def test_a_search_is_counted_and_an_empty_one_refused(ground: Ground) -> None:
    everything = ground.commons.search("filemime:image")
    assert everything.total == len(everything.page_ids) == ground.commons.count("filemime:image").total
    assert ground.page_id in everything.page_ids
    assert ground.commons.search("intitle:nothingatall").page_ids == ()
    ground.wiki.fault("search-warning")
    assert ground.commons.count("filemime:image").warning
    with pytest.raises(WikiError, match="does not answer"):
        ground.commons.search("")


# The account


def test_the_bot_knows_its_groups_and_rights(ground: Ground, bot: ApiClient) -> None:
    who = ground.preflight(bot)["query"]["userinfo"]
    assert who["name"] == BOT
    assert "bot" in who["groups"]
    assert {"bot", "edit"} <= set(who["rights"])
    assert "delete" not in who["rights"]
    assert who["messages"] is False
    assert "blockid" not in who


def test_nobody_is_told_so(ground: Ground) -> None:
    who = ground.preflight(ground.wiki.reader())["query"]["userinfo"]
    assert who["anon"] is True
    assert who["id"] == 0
    assert "bot" not in who["rights"]


def test_a_message_on_the_talk_page_is_announced(ground: Ground, bot: ApiClient) -> None:
    ground.wiki.human("message", "Stop", text="please")
    assert ground.preflight(bot)["query"]["userinfo"]["messages"] is True


def test_a_block_is_announced_with_its_reason(ground: Ground, bot: ApiClient) -> None:
    ground.wiki.human("block", BOT)
    who = ground.preflight(bot)["query"]["userinfo"]
    assert who["blockreason"] == "practice"
    assert who["blockid"]
    assert who["blockexpiry"] == "infinite"
    ground.wiki.human("unblock", BOT)
    assert "blockid" not in ground.preflight(bot)["query"]["userinfo"]


# Editing


def test_an_edit_that_stands_tells_its_revisions(ground: Ground, bot: ApiClient) -> None:
    page = ground.page
    told = bot.edit(pageid=ground.page_id, text=page.text + "\nmore", baserevid=page.revid, bot=1)["edit"]
    assert told["result"] == "Success"
    assert (told["pageid"], told["title"], told["oldrevid"]) == (ground.page_id, ground.title, page.revid)
    assert told["newrevid"] == ground.page.revid
    assert ISO_SECONDS.fullmatch(told["newtimestamp"])
    assert told.keys() == {
        "result",
        "pageid",
        "title",
        "contentmodel",
        "oldrevid",
        "newrevid",
        "newtimestamp",
    }


def test_the_summary_stands_in_the_history_with_the_account(ground: Ground) -> None:
    page = ground.page
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "a summary (0123456789ab)")
    newest = ground.commons.history(ground.page_id)[0]
    assert (newest.revid, newest.parentid) == (answer.newrevid, page.revid)
    assert (newest.user, newest.comment) == (BOT, "a summary (0123456789ab)")


def test_space_at_the_end_is_cut(ground: Ground, bot: ApiClient) -> None:
    bot.edit(pageid=ground.page_id, text="short \n\n")
    assert ground.page.text == "short"


def test_a_person_on_the_same_line_is_a_conflict(ground: Ground) -> None:
    page = ground.page
    ground.says(page.text + "\nby a person")
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test")
    assert answer.code == "editconflict"
    assert ground.page.text == page.text + "\nby a person"


def test_a_person_on_the_line_beside_is_a_conflict(ground: Ground) -> None:
    page = ground.page
    ground.says(last_line_changed(page))
    assert ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test").code == "editconflict"


def test_a_person_on_another_line_is_merged_silently(ground: Ground) -> None:
    page = ground.page
    ground.says(first_line_changed(page))
    theirs = ground.page.revid
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test")
    assert (answer.code, answer.oldrevid) == ("", theirs)
    assert ground.page.text == first_line_changed(page) + "\nours"


def test_a_refusal_at_the_top_is_merged_with_a_tag_at_the_end(ground: Ground) -> None:
    page = ground.page
    ground.says("{{nobots}}\n" + page.text)
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test")
    assert answer.code == ""
    assert ground.page.text == "{{nobots}}\n" + page.text + "\nours"


def test_a_blanked_page_is_a_conflict(ground: Ground) -> None:
    page = ground.page
    ground.says("")
    assert ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test").code == "editconflict"
    assert ground.page.text == ""


def test_the_own_account_conflicts_with_itself(ground: Ground) -> None:
    page = ground.page
    ground.commons.edit(PageEdit(page, page.text + "\none", ""), "test")
    assert ground.commons.edit(PageEdit(page, page.text + "\ntwo", ""), "test").code == "editconflict"


def test_the_own_account_is_merged_with_itself(ground: Ground) -> None:
    page = ground.page
    ground.commons.edit(PageEdit(page, first_line_changed(page), ""), "test")
    answer = ground.commons.edit(PageEdit(page, page.text + "\ntwo", ""), "test")
    assert answer.code == ""
    assert answer.oldrevid > page.revid
    assert ground.page.text == first_line_changed(page) + "\ntwo"


def test_a_base_timestamp_loses_the_own_accounts_edit(ground: Ground, bot: ApiClient) -> None:
    page = ground.page
    base = ground.first(prop="revisions", rvprop="timestamp")["revisions"][0]["timestamp"]
    if isinstance(ground.wiki, World):
        ground.wiki.clock.advance(2)
    else:
        time.sleep(1.1)
    bot.edit(pageid=ground.page_id, text=page.text + "\none")
    told = bot.edit(pageid=ground.page_id, text=page.text + "\ntwo", baserevid=page.revid, basetimestamp=base)
    assert told["edit"]["result"] == "Success"
    assert ground.page.text == page.text + "\ntwo"


def test_only_who_may_makes_a_page_and_only_where_none_is(ground: Ground) -> None:
    missing = PageText(0, f"User:{BOT}/Report", 0, "", ground.page.read_at)
    ground.commons.prepare()
    assert ground.commons.edit(PageEdit(missing, "one", ""), "test").code == "cantcreate"
    ground.wiki.fault("may-create")
    made = ground.commons.edit(PageEdit(missing, "one", ""), "test")
    assert (made.code, made.oldrevid) == ("", 0)
    assert ground.commons.edit(PageEdit(missing, "two", ""), "test").code == "articleexists"
    assert [one.revid for one in ground.commons.history_of(missing.title)] == [made.newrevid]
    assert ground.commons.history_of(f"User:{BOT}/Nothing") == ()


def test_other_pages_are_read_with_the_rest_before_an_edit(ground: Ground) -> None:
    there, none = f"User:{BOT}/Run", f"User:{BOT}/Nothing at all"
    others = ground.commons.preflight((), (), [there, none, none.replace(" ", "_"), "a[b"]).others
    assert isinstance(others["a[b"], Skipped)
    run_page, *missing = (others[title] for title in (there, none, none.replace(" ", "_")))
    assert isinstance(run_page, Other)
    assert (run_page.page.text, run_page.protection) == ("yes", "")
    for one in missing:
        assert isinstance(one, Other)
        assert (one.page.page_id, one.page.title, one.page.revid, one.page.text) == (0, none, 0, "")
        assert ISO_SECONDS.fullmatch(one.page.read_at)


@pytest.mark.parametrize("as_bot", [True, False])
def test_an_edit_is_marked_as_a_bots_or_shows_to_all(ground: Ground, as_bot: bool) -> None:
    page = ground.page
    ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test", as_bot=as_bot)
    if isinstance(ground.wiki, World):
        assert ground.wiki.state.pages[ground.page_id].latest.bot is as_bot
        return
    told = ground.wiki.reader().get(action="query", list="recentchanges", rcprop="flags|ids", rclimit=1)
    (change,) = told["query"]["recentchanges"]
    assert (change["revid"], change["bot"]) == (ground.page.revid, as_bot)


def test_the_same_text_is_no_change(ground: Ground, bot: ApiClient) -> None:
    page = ground.page
    told = bot.edit(pageid=ground.page_id, text=page.text, baserevid=page.revid)["edit"]
    assert told.keys() == {"result", "pageid", "title", "contentmodel", "nochange"}
    assert told["nochange"] is True


def test_a_text_that_was_saved_already_is_no_change_whatever_its_base(ground: Ground) -> None:
    page = ground.page
    edit = PageEdit(page, page.text + "\nours", "")
    ground.commons.edit(edit, "test")
    assert ground.commons.edit(edit, "test").unchanged
    assert ground.page.text == edit.new_text


def test_nothing_stops_a_second_send_after_a_revert(ground: Ground) -> None:
    page = ground.page
    edit = PageEdit(page, page.text + "\nours", "")
    ground.commons.edit(edit, "test")
    ground.says(page.text, "no")
    answer = ground.commons.edit(edit, "test")
    assert answer.code == ""
    assert ground.page.text == edit.new_text


def test_an_undone_edit_is_tagged_as_reverted(ground: Ground) -> None:
    page = ground.page
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test")
    person = ground.wiki.person()
    told = person.edit(pageid=ground.page_id, undo=answer.newrevid)["edit"]
    assert told["result"] == "Success"
    assert ground.page.text == page.text
    assert tags_of(ground, answer.newrevid) == [], "the tag comes with a job"
    run_jobs(ground)
    assert tags_of(ground, answer.newrevid) == ["mw-reverted"]
    assert "mw-undo" in tags_of(ground, told["newrevid"])


def test_an_edit_that_a_person_takes_back_is_tagged_as_reverted(ground: Ground) -> None:
    page = ground.page
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test")
    ground.wiki.human("revert", ground.title)
    assert ground.page.text == page.text
    assert tags_of(ground, ground.page.revid) == ["mw-manual-revert"]
    run_jobs(ground)
    assert tags_of(ground, answer.newrevid) == ["mw-reverted"]


def test_a_revert_by_somebody_who_must_be_patrolled_marks_only_itself(ground: Ground) -> None:
    page = ground.page
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test")
    ground.wiki.human("edit", ground.title, text=page.text, user="Visitor")
    run_jobs(ground)
    assert tags_of(ground, ground.page.revid) == ["mw-manual-revert"]
    assert tags_of(ground, answer.newrevid) == []


def test_a_page_that_is_gone_and_made_again_is_another_page(ground: Ground, bot: ApiClient) -> None:
    page = ground.page
    ground.wiki.human("delete", ground.title)
    answer = ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test")
    assert answer.code == "nosuchpageid"
    told = bot.edit(title=ground.title, text="anew", nocreate=1)
    assert told["error"]["code"] == "missingtitle"
    ground.says("anew")
    again = ground.wiki.reader().get(action="query", titles=ground.title, prop="info")
    assert again["query"]["pages"][0]["pageid"] != ground.page_id


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"md5": "0" * 32}, "badmd5"),
        ({"assertuser": "Somebody"}, "assertnameduserfailed"),
        ({"token": "+\\"}, "badtoken"),
        ({"pageid": NOWHERE}, "nosuchpageid"),
    ],
)
def test_an_edit_that_asks_for_refusal_is_refused(
    ground: Ground, bot: ApiClient, wrong: dict[str, Any], code: str
) -> None:
    before = ground.page
    asked = {"action": "edit", "pageid": ground.page_id, "text": "x", "token": bot._token, **wrong}
    told = bot.post(**asked)
    assert told["error"]["code"] == code
    assert {"code", "info", "docref"} <= told["error"].keys()
    assert ground.page == before or ground.page.revid == before.revid


def test_nobody_edits_as_bot_or_user(ground: Ground) -> None:
    nobody = ground.wiki.reader()
    for wanted, code in (("bot", "assertbotfailed"), ("user", "assertuserfailed")):
        told = nobody.edit(pageid=ground.page_id, text="x", **{"assert": wanted})
        assert told["error"]["code"] == code
    person = ground.wiki.person()
    assert (
        person.edit(pageid=ground.page_id, text="x", **{"assert": "bot"})["error"]["code"]
        == "assertbotfailed"
    )


@pytest.mark.parametrize(
    ("action", "title", "code"), [("protect", "", "protectedpage"), ("block", BOT, "blocked")]
)
def test_protected_pages_and_blocked_accounts_are_refused(
    ground: Ground, action: str, title: str, code: str
) -> None:
    page = ground.page
    ground.wiki.human(action, title or ground.title)
    assert ground.commons.edit(PageEdit(ground.page, page.text + "\nours", ""), "test").code == code


@pytest.mark.parametrize(
    ("fault", "value", "code"), [("readonly", "backup", "readonly"), ("lag", 9, "maxlag")]
)
def test_a_wiki_at_rest_takes_no_edits_but_is_read(
    ground: Ground, fault: str, value: str | int, code: str
) -> None:
    page = ground.page
    ground.wiki.fault(fault, value)
    assert ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test").code == code
    # Pywikibot obeys the Retry-After of the refusal before it reads again.
    ground.commons._site.throttle.retry_after = 0
    assert ground.page.text == page.text
    ground.wiki.fault(fault, 0)
    assert ground.commons.edit(PageEdit(page, page.text + "\nours", ""), "test").code == ""


def test_lag_is_told_with_a_retry_after(ground: Ground) -> None:
    ground.wiki.fault("lag", 9)
    reader = ground.wiki.reader()
    response = reader._session.get(
        reader.api_url,
        params={"action": "query", "maxlag": 5, "format": "json", "formatversion": 2},
        timeout=10,
    )
    assert response.headers["Retry-After"] == "5"
    error = response.json()["error"]
    assert (error["code"], error["lag"], error["type"]) == ("maxlag", 9, "db")
    assert "query" in reader.get(action="query", maxlag=30, meta="userinfo")


# The same answer from both


@pytest.fixture
def both(world: World, world_commons: Commons, wiki: PracticeWiki) -> tuple[Ground, Ground]:
    return fake_ground(world, world_commons), practice_ground(wiki)


@pytest.mark.practice
def test_a_preflight_has_the_same_shape_on_both(both: tuple[Ground, Ground]) -> None:
    told = []
    for ground in both:
        ground.wiki.human("edit", f"User:{BOT}/Run", text="yes")
        ground.wiki.human("protect", ground.partner)
        titles = (ground.partner, f"User:{BOT}/Run", "Category:Duplicate", "File:No such.jpg")
        answer = ground.preflight(ground.wiki.bot(), *titles)
        pages = {page["title"]: page for page in answer["query"].pop("pages")}
        told.append((comparable(answer), [comparable(pages[title]) for title in (ground.title, *titles)]))
    for fake, real in zip(*(pages for _, pages in told), strict=True):
        assert fake == real
    assert told[0] == told[1]


ABOUT_THE_PAGE: list[dict[str, Any]] = [
    {"prop": "revisions", "rvprop": "ids|timestamp|user|comment|sha1|tags", "rvlimit": "max"},
    {"prop": "imageinfo", "iiprop": "timestamp|user|url|size|sha1|mime", "iiurlwidth": 120},
    {"prop": "info"},
    {"meta": "tokens"},
    {"pageids": NOWHERE, "prop": "info|revisions"},
]
ABOUT_OTHERS: list[dict[str, Any]] = [
    {"revids": NOWHERE, "prop": "revisions"},
    {"titles": "File:[x].jpg", "prop": "info"},
    {"list": "categorymembers", "cmtitle": "Category:Duplicate"},
    {"list": "search", "srsearch": "filemime:image", "srnamespace": 6, "srprop": ""},
    {"action": "nothing"},
    {"titles": "File:X.jpg", "pageids": 1},
]
NOT_ALWAYS_THERE = frozenset({"continue", "batchcomplete", "limits"})


def comparable(told: dict[str, Any]) -> Any:
    """Reduce an answer to a shape that does not depend on how much there is, nor on a page's age."""
    if "error" in told:
        return {"error": told["error"].keys(), "code": told["error"]["code"]}
    for page in (told, *told.get("query", {}).get("pages", [])):
        page.pop("new", None)
        for version in page.get("imageinfo", []):
            version.pop("responsiveUrls", None)
    return shape({name: value for name, value in told.items() if name not in NOT_ALWAYS_THERE})


@pytest.mark.practice
@pytest.mark.parametrize("asked", ABOUT_THE_PAGE)
def test_what_is_told_of_a_page_has_the_same_shape_on_both(
    both: tuple[Ground, Ground], asked: dict[str, Any]
) -> None:
    fake, real = (comparable(ground.asked(ground.wiki.bot(), **asked)) for ground in both)
    assert fake == real


@pytest.mark.practice
@pytest.mark.parametrize("asked", ABOUT_OTHERS)
def test_what_is_told_of_the_wiki_has_the_same_shape_on_both(
    both: tuple[Ground, Ground], asked: dict[str, Any]
) -> None:
    for ground in both:
        ground.says("[[Category:Duplicate]]")
    fake, real = (comparable(ground.wiki.bot().get(**{"action": "query", **asked})) for ground in both)
    assert fake == real
