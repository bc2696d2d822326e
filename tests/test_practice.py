"""The practice wiki behaves as Wikimedia Commons does, where it matters to the bot."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import imagehash
import pytest
import requests
from PIL import Image

from tests.practice.cases import CASES, case_files, expected_titles, files_of
from tests.practice.configuration import BOT
from tests.practice.places import CHECKOUT, PracticeWikiError
from tests.practice.server import PhpServer
from tests.practice.wiki import PracticeWiki

pytestmark = pytest.mark.practice

CHECK = "Images from DoD uploaded by Fæ (check needed)"
ROCKET = "Rocket climbs from its launch pad 090726-A-0000R-014.jpg"
STORM = "Motorcycle in a storm shelter 130521-Z-0000M-010.jpg"


def titles(*cases: str) -> set[str]:
    """Name the files of some cases."""
    return {file.title for case in cases for file in files_of(case)}


def test_it_says_what_it_is(wiki: PracticeWiki) -> None:
    general = wiki.reader().get(action="query", meta="siteinfo")["query"]["general"]
    assert general["generator"].startswith("MediaWiki 1.4")
    assert general["server"] == wiki.server.address
    assert general["wikiid"] == "commonswiki"


def test_every_case_has_its_files() -> None:
    assert {case.name for case in CASES} == {file.case for file in case_files()}
    assert len(case_files()) == len({file.title for file in case_files()})
    assert not expected_titles("tagged") & expected_titles("skipped")


def test_every_file_is_there_as_told(wiki: PracticeWiki) -> None:
    reader = wiki.reader()
    answer = reader.get(action="query", list="allimages", ailimit=500, aiprop="timestamp|user|size")
    found = {image["title"].removeprefix("File:"): image for image in answer["query"]["allimages"]}
    assert set(found) == {file.title for file in case_files()}
    for file in case_files():
        image = found[file.title]
        assert (image["size"], image["user"]) == (len(file.picture), file.uploader)
        assert image["timestamp"] == file.uploaded.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_past_of_a_page_is_real(wiki: PracticeWiki) -> None:
    title = f"File:{files_of('human-revert')[0].title}"
    answer = wiki.reader().get(
        action="query", titles=title, prop="revisions", rvprop="user|comment|timestamp", rvlimit=9
    )
    revisions = answer["query"]["pages"][0]["revisions"]
    assert [revision["user"] for revision in revisions] == ["Admin", BOT, "DefenseArchiveUploader"]
    assert "Faebot identified duplicate, pHash: " in revisions[1]["comment"]
    assert sorted((revision["timestamp"] for revision in revisions), reverse=True) == [
        revision["timestamp"] for revision in revisions
    ]


def test_the_bot_may_edit_and_no_more(wiki: PracticeWiki) -> None:
    rights = wiki.bot().get(action="query", meta="userinfo", uiprop="rights")["query"]["userinfo"]["rights"]
    assert {"edit", "bot", "apihighlimits"} <= set(rights)
    assert not {"delete", "block", "protect", "upload", "editinterface", "createpage"} & set(rights)


VIRIN = '"081024-N-" filemime:image/jpeg insource:"PD-USGov-"'
SEARCHES = {
    VIRIN: titles("scaled-down"),
    '"120105-N-0000C-002"': titles("four-sources"),
    'filew:741 fileh:500 filemime:image/jpeg insource:"PD-USGov-"': titles("damaged-last-row", "dhash-only"),
    'filewidth:741 fileheight:500 "130522-Z-"': {
        "Motorcycle found in a storm shelter 130522-Z-0000M-117.jpg"
    },
    "filew:>1400 filetype:bitmap": {"Retina photographed aboard a hospital ship 081024-N-0000E-031.jpg"},
    "filew:640,641 fileh:>639": {"US Navy 081024-N-0000E-031 A retina is photographed.jpg"},
    "fileres:>1400": {"Retina photographed aboard a hospital ship 081024-N-0000E-031.jpg"},
    "filesize:>100000": set(),
    "filew:wide": set(),
    "filemime:image/png -intitle:T012345": titles("fleuron-twin", "fleuron-variation")
    - {"Fleuron T012345-7.png"},
    "filemime:png|gif intitle:fleuron": titles("fleuron-twin", "fleuron-variation"),
    'insource:"fashion of letters" fleuron': titles("fleuron-twin", "fleuron-variation"),
    'insource:"PD-USGov-NOAA" insource:/51647007@N08/': {"Ship's cat of the crab survey (5160000047).jpg"},
    "insource:/PHOTOLIB.noaa.GOV/i filew:960 crab": {"Fish0001 - Ship's cat of the crab survey.jpg"},
    "insource:/PHOTOLIB.noaa.GOV/ crab": set(),
    'insource:"PD-USG" intitle:rocket': set(),
    "insource:PD-USG* intitle:rocket": {ROCKET},
    "intitle:/^Rocket climbs/": {ROCKET},
    "hastemplate:RetouchedPicture": {"Moon from a weather satellite Spac0010-repair.jpg"},
    'incategory:"Fleurons of 1755"': titles("fleuron-twin", "fleuron-variation"),
    f'deepcat:"Images from DoD uploaded by Fæ" -incategory:"{CHECK}"': set(),
    'prefix:"File:Fish0001"': {"Fish0001 - Ship's cat of the crab survey.jpg"},
    "creationdate:2008": {"Motorcycle seen from the right 010914-F-0000P-006.jpg"},
    "creationdate:2015-09 intitle:imagery": {"Defense imagery 090726-A-0000R-014.jpg"},
    "creationdate:2015-09-01": {"Defense imagery 090726-A-0000R-014.jpg"},
    "creationdate:<2009": {"Motorcycle seen from the right 010914-F-0000P-006.jpg"},
    "creationdate:<=2009-02 -creationdate:<2009": {"Brick wall after repair 060606-A-0000B-002.jpg"},
    "creationdate:>2016": titles("fleuron-twin", "fleuron-variation"),
    "creationdate:>=2016 creationdate:<2017": {"120105-N-0000C-002 (6660000027).jpg"},
    "creationdate:2015-13": set(),
    "creationdate:>=today-1d": set(),
}


@pytest.mark.parametrize("query", SEARCHES)
def test_a_search_keyword_finds_what_it_should(wiki: PracticeWiki, query: str) -> None:
    answer = wiki.reader().search(query)
    assert {hit["title"].removeprefix("File:") for hit in answer["query"]["search"]} == SEARCHES[query]
    assert answer["query"]["searchinfo"]["totalhits"] == len(SEARCHES[query])


def test_search_pages_and_sorts(wiki: PracticeWiki) -> None:
    reader = wiki.reader()
    everything = reader.found("filetype:bitmap", srsort="create_timestamp_asc")
    assert everything == [file.title for file in case_files()]
    first = reader.search("filetype:bitmap", srlimit=10)
    assert first["continue"]["sroffset"] == 10
    assert (
        reader.found("filetype:bitmap", srsort="create_timestamp_desc", sroffset=10, srlimit=5)
        == (everything[::-1][10:15])
    )


def test_search_has_a_window(wiki: PracticeWiki) -> None:
    wiki.fault("search-window", 20)
    reader = wiki.reader()
    assert reader.search("filetype:bitmap", sroffset=20)["error"]["code"] == "cirrussearch-offset-too-large"
    last = reader.search("filetype:bitmap", sroffset=15)
    assert len(last["query"]["search"]) == 5
    assert last["query"]["searchinfo"]["totalhits"] == len(case_files())


def test_a_partial_search_carries_a_warning(wiki: PracticeWiki) -> None:
    wiki.fault("search-warning")
    answer = wiki.reader().search("intitle:Fleuron")
    assert "partial" in answer["warnings"]["search"]["warnings"]
    assert len(answer["query"]["search"]) < len(SEARCHES["filemime:png|gif intitle:fleuron"])


def test_only_standard_widths_are_rendered(wiki: PracticeWiki) -> None:
    reader = wiki.reader()
    url = reader.thumbnail_urls(titles=f"File:{ROCKET}")[ROCKET]
    assert "/wikipedia/commons/thumb/" in url
    status, picture, _ = reader.fetch(url)
    assert (status, picture[:2]) == (200, b"\xff\xd8")
    status, page, headers = reader.fetch(url.replace("/120px-", "/80px-"))
    assert status == 400
    assert b"Use thumbnail sizes listed on https://w.wiki/GHai" in page
    assert "Retry-After" not in headers
    wiki.fault("thumb-429-steps")
    status, page, headers = reader.fetch(url.replace("/120px-", "/80px-"))
    assert status == 429
    assert b"Use thumbnail steps listed on https://w.wiki/GHai" in page
    assert "Retry-After" not in headers
    assert reader.fetch(url)[0] == 200


def test_the_thumbnails_bear_the_cases_out(wiki: PracticeWiki) -> None:
    reader = wiki.reader()
    hashes: dict[str, tuple[str, str]] = {}
    for title, url in reader.thumbnail_urls().items():
        with Image.open(BytesIO(reader.fetch(url)[1])) as picture:
            hashes[title] = str(imagehash.phash(picture)), str(imagehash.dhash(picture))
    for file in case_files():
        twins = {
            other.case
            for other in case_files()
            if other.title != file.title
            and any(a == b for a, b in zip(hashes[file.title], hashes[other.title], strict=True))
        }
        assert twins == (set() if file.expected == "alone" else {file.case}), file.title
    lightened = [hashes[file.title] for file in files_of("dhash-only")]
    assert (len({phash for phash, _ in lightened}), len({dhash for _, dhash in lightened})) == (2, 1)


def test_media_addresses_lead_nowhere_else(wiki: PracticeWiki) -> None:
    base = f"{wiki.server.address}/wikipedia/commons"
    reader = wiki.reader()
    (wiki.folder / "images" / "deleted").mkdir(exist_ok=True)
    (wiki.folder / "images" / "deleted" / "secret.jpg").write_bytes(b"x")
    for path in ("/deleted/secret.jpg", "/%2e%2e/LocalSettings.php", "/0/00/Nothing.jpg"):
        assert reader.fetch(base + path)[0] == 404


def test_too_many_downloads(wiki: PracticeWiki) -> None:
    wiki.fault("upload-429", 2)
    reader = wiki.reader()
    url = reader.thumbnail_urls(titles=f"File:{ROCKET}")[ROCKET]
    answers = [reader.fetch(url) for _ in range(3)]
    assert [status for status, _, _ in answers] == [429, 429, 200]
    assert answers[0][2]["Retry-After"] == "1"


def test_too_many_questions(wiki: PracticeWiki) -> None:
    wiki.fault("api-429", 1)
    reader = wiki.reader()
    with pytest.raises(requests.HTTPError, match="429"):
        reader.get(action="query", meta="siteinfo")
    assert "query" in reader.get(action="query", meta="siteinfo")


def test_lag_and_read_only(wiki: PracticeWiki) -> None:
    bot = wiki.bot()
    wiki.fault("lag", 7)
    assert bot.get(action="query", meta="siteinfo", maxlag=5)["error"]["code"] == "maxlag"
    assert "query" in bot.get(action="query", meta="siteinfo")
    wiki.fault("lag", 0)
    wiki.fault("readonly", "maintenance")
    assert bot.edit(title=f"File:{ROCKET}", text="x")["error"]["code"] == "readonly"
    wiki.human("append", f"File:{ROCKET}", text="people at the servers still can")
    wiki.fault("readonly", "")
    assert bot.edit(title=f"File:{ROCKET}", appendtext="x")["edit"]["result"] == "Success"


@pytest.mark.parametrize("how", ["502", "break"])
def test_a_lost_reply_leaves_the_edit(wiki: PracticeWiki, how: str) -> None:
    bot = wiki.bot()
    wiki.fault("lost-reply", how)
    with pytest.raises(requests.RequestException):
        bot.edit(title=f"File:{ROCKET}", text="saved all the same")
    assert bot.text(f"File:{ROCKET}")[1] == "saved all the same"
    assert bot.edit(title=f"File:{ROCKET}", text="saved all the same")["edit"]["nochange"] is True


def test_no_fault_of_another_name(wiki: PracticeWiki) -> None:
    with pytest.raises(PracticeWikiError, match="no fault"):
        wiki.fault("earthquake")


def test_reset_forgets_everything_but_logins(wiki: PracticeWiki) -> None:
    bot = wiki.bot()
    before = bot.text(f"File:{ROCKET}")
    bot.edit(title=f"File:{ROCKET}", text="other")
    wiki.human("delete", f"File:{STORM}")
    wiki.fault("lag", 7)
    started = time.perf_counter()
    wiki.reset()
    assert time.perf_counter() - started < 0.5
    assert bot.text(f"File:{ROCKET}") == before
    assert bot.text(f"File:{STORM}")[1] == files_of("damaged-last-row")[1].text.strip()
    assert bot.fetch(bot.thumbnail_urls(titles=f"File:{STORM}")[STORM])[0] == 200
    assert bot.edit(title=f"File:{ROCKET}", appendtext="x", maxlag=5)["edit"]["result"] == "Success"


def test_people_edit_revert_and_talk(wiki: PracticeWiki) -> None:
    bot, page = wiki.bot(), f"File:{ROCKET}"
    original = bot.text(page)[1]
    bot.edit(title=page, appendtext="\n[[Category:Faebot identified duplicates]]")
    wiki.human("revert", page, summary="no")
    assert bot.text(page)[1] == original
    wiki.human("edit", page, text="", user="PracticeSysop")
    assert bot.text(page)[1] == ""
    wiki.human("message", "Please stop", text="See my talk page.")
    userinfo = bot.get(action="query", meta="userinfo", uiprop="hasmsg")["query"]["userinfo"]
    assert userinfo["messages"] is True


def test_people_protect_block_and_delete(wiki: PracticeWiki) -> None:
    bot, page = wiki.bot(), f"File:{ROCKET}"
    wiki.human("protect", page)
    assert bot.edit(title=page, appendtext="x")["error"]["code"] == "protectedpage"
    other = f"File:{STORM}"
    wiki.human("block", BOT)
    assert bot.edit(title=other, appendtext="x")["error"]["code"] == "blocked"
    wiki.human("unblock", BOT)
    assert bot.edit(title=other, appendtext="x")["edit"]["result"] == "Success"
    wiki.human("delete", other)
    assert bot.edit(title=other, text="x", nocreate=1)["error"]["code"] == "missingtitle"
    assert wiki.reader().found("intitle:storm intitle:010") == []


def test_people_upload_a_new_version_and_move(wiki: PracticeWiki, tmp_path: Path) -> None:
    picture = tmp_path / "new.jpg"
    picture.write_bytes(files_of("turned")[0].picture)
    reader, page = wiki.reader(), f"File:{ROCKET}"
    old = reader.fetch(reader.thumbnail_urls(titles=page)[ROCKET])[1]
    wiki.human("upload", page, path=str(picture), summary="new version")
    assert reader.fetch(reader.thumbnail_urls(titles=page)[ROCKET])[1] != old
    wiki.human("move", page, to="File:Renamed rocket.jpg")
    assert reader.text(page)[1].startswith("#REDIRECT")


def test_requests_are_counted(wiki: PracticeWiki) -> None:
    reader = wiki.reader()
    reader.search("intitle:Fleuron")
    reader.post(action="query", meta="siteinfo")
    seen = wiki.requests()
    assert [(one["method"], one["path"], one["action"]) for one in seen] == [
        ("GET", "/w/api.php", "query"),
        ("POST", "/w/api.php", "query"),
    ]
    assert seen[0]["list"] == "search"


def edit_between(wiki: PracticeWiki, old: str, new: str) -> dict[str, object]:
    """Let the bot edit line one from a base that a person has left behind; give the wiki's answer."""
    bot, page = wiki.bot(), "File:" + ROCKET
    bot.edit(title=page, text="one\n\ntwo\n\nthree\n\nfour")
    revid, text = bot.text(page)
    time.sleep(1.1)
    wiki.person().edit(title=page, text=text.replace(old, new))
    return bot.edit(title=page, text=text.replace("one", "one by the bot"), baserevid=revid)


def test_baserevid_alone_merges_another_line(wiki: PracticeWiki) -> None:
    answer = edit_between(wiki, "four", "four by a person")
    edit = answer["edit"]
    assert isinstance(edit, dict)
    assert edit["result"] == "Success"
    assert wiki.reader().text("File:" + ROCKET)[1] == "one by the bot\n\ntwo\n\nthree\n\nfour by a person"


def test_baserevid_alone_refuses_the_same_line(wiki: PracticeWiki) -> None:
    error = edit_between(wiki, "one", "one by a person")["error"]
    assert isinstance(error, dict)
    assert error["code"] == "editconflict"


def test_baserevid_alone_refuses_the_own_accounts_line(wiki: PracticeWiki) -> None:
    bot, page = wiki.bot(), "File:" + ROCKET
    revid, _ = bot.text(page)
    bot.edit(title=page, text="mine, first")
    assert bot.edit(title=page, text="mine, second", baserevid=revid)["error"]["code"] == "editconflict"


def test_nothing_stops_a_second_tag_after_a_revert(wiki: PracticeWiki) -> None:
    bot, page = wiki.bot(), "File:" + ROCKET
    revid, text = bot.text(page)
    tagged = text + "\n[[Category:Faebot identified duplicates]]"
    assert bot.edit(title=page, text=tagged, baserevid=revid)["edit"]["result"] == "Success"
    assert bot.edit(title=page, text=tagged, baserevid=revid)["edit"]["nochange"] is True
    wiki.person().edit(title=page, text=text)
    assert bot.edit(title=page, text=tagged, baserevid=revid)["edit"]["result"] == "Success"


LOG_IN = """
import pywikibot
site = pywikibot.Site("commons", "practice")
site.login()
print(site.family.name, site.username(), pywikibot.Page(site, "File:{title}").exists())
"""


def test_pywikibot_logs_in(wiki: PracticeWiki) -> None:
    environment = {**os.environ, "PYWIKIBOT_DIR": str(wiki.pywikibot_dir)}
    done = subprocess.run(
        [sys.executable, "-c", LOG_IN.format(title=ROCKET)],
        env=environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["practice", BOT, "True"], done.stderr
    for name in ("user-config.py", "user-password.py"):
        assert (wiki.pywikibot_dir / name).stat().st_mode & 0o777 == 0o600
    assert (wiki.pywikibot_dir / "scripts").resolve() == CHECKOUT / "scripts"


def test_stopping_leaves_no_worker_and_keeping_keeps_edits(
    practice_wiki: PracticeWiki, tmp_path: Path
) -> None:
    with PracticeWiki(tmp_path / "kept") as first:
        first.bot().edit(title=f"File:{ROCKET}", text="yesterday")
        assert first.server.workers_alive()
    assert not first.server.workers_alive()
    with PracticeWiki(tmp_path / "kept", keep=True) as second:
        assert not second.fresh
        assert second.reader().text(f"File:{ROCKET}")[1] == "yesterday"
    with PracticeWiki(tmp_path / "kept") as third:
        assert third.reader().text(f"File:{ROCKET}")[1] != "yesterday"


def test_a_server_left_by_a_killed_run_is_ended(practice_wiki: PracticeWiki, tmp_path: Path) -> None:
    wiki = PracticeWiki(tmp_path / "left")
    wiki.start()
    assert wiki.server.workers_alive()
    PhpServer(wiki.folder, wiki.server.port).stop_leftover()
    assert not wiki.server.workers_alive()
