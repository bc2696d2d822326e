"""The review pages: what is asked first, what a verdict does, who may give one, and what is never lost."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faebot_hash.errors import StoreBusy, StoreError
from faebot_hash.judgements import Judged, Judgement, pair_of
from faebot_hash.web.review_pairs import facings, named, next_unjudged, unjudged
from faebot_hash.web.review_pictures import WIDTHS_PX, are_alike, common_width, picture
from faebot_hash.web.review_questions import BY_NAME, LONGEST_WHY, VIEWS
from faebot_hash.web_settings import Login
from tests.counting import Counted
from tests.review_world import BEGAN, NOW, OURS, TOKEN, Shelf, Site, case_file, case_with, family, on, sha1
from tests.web_page import Page

WHO = "Ärla <b>Söder</b>"


def get(site: Site, path: str, who: str = "", status: int = 200) -> Page:
    answer = site.visitor(who).get(path)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "text/html"
    return Page(answer.text)


def form(first: int, second: int, judgement: str = "not_duplicates", **more: str) -> dict[str, str]:
    return {"first": sha1(first), "second": sha1(second), "judgement": judgement, "csrf": TOKEN, **more}


def judge(site: Site, key: str, data: dict[str, str], who: str = WHO, **headers: str) -> Any:
    return site.visitor(who).post(f"/review/{key}", data=data, headers={**OURS, **headers})


# The pairs of a family


def test_the_best_file_stands_first_whatever_its_number() -> None:
    files = [case_file(1, score=1), case_file(2, score=None), case_file(3, score=5)]
    pairs = facings(case_with(files), ())
    assert [(one.first.number, one.second.number) for one in pairs] == [(3, 1), (3, 2), (1, 2)]
    assert [one.name for one in pairs] == ["1-3", "2-3", "1-2"]


def test_what_the_pages_say_is_told_from_the_first_to_the_second() -> None:
    files = [case_file(1, score=0), case_file(2, score=7)]
    (one,) = facings(case_with(files), ())
    assert (one.first.number, one.pair) == (2, (sha1(1), sha1(2)))
    assert one.difference is not None
    assert one.difference.categories_here == ("Only there",)
    assert one.difference.categories_there == ("Only here",)
    assert one.difference.parameters == (("author", "B", "A"),)


def test_pages_with_the_same_bytes_are_one_side() -> None:
    twins = [case_file(1), case_file(2, sha1=sha1(1)), case_file(3)]
    pairs = facings(case_with(twins), ())
    assert [(one.first.number, one.second.number) for one in pairs] == [(1, 2), (1, 3)]
    assert pairs[0].pair == (sha1(1), sha1(1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("1-2", "1-2"), ("2-1", "1-2"), ("2-3", "2-3"), ("1-1", None), ("1-4", None), ("", None), ("1", None),
     ("01-2", None), ("1-2-3", None), ("٣-1", None), ("1-2\n", None), ("-1-2", None)],
)  # fmt: skip
def test_a_pair_is_named_by_its_numbers(name: str, expected: str | None) -> None:
    found = named(facings(family(1, 2, 3), ()), name)
    assert (found.name if found else None) == expected


def test_the_next_pair_without_a_verdict_is_found_round_the_end() -> None:
    case = family(1, 2, 3)
    rows = [Judged(pair_of(sha1(1), sha1(3)), Judgement.CANNOT_TELL, "A", NOW)]
    pairs = facings(case, rows)
    assert [one.name for one in unjudged(pairs)] == ["1-2", "2-3"]
    assert [getattr(next_unjudged(pairs, name), "name", None) for name in ("1-2", "1-3", "2-3")] == [
        "2-3", "2-3", "1-2",
    ]  # fmt: skip
    rest = [Judged(one.pair, Judgement.DUPLICATES, "A", NOW) for one in unjudged(pairs)[1:]]
    assert next_unjudged(facings(case, [*rows, *rest]), "1-2") is None


# Pictures


@pytest.mark.parametrize(
    ("width_px", "most_px", "expected"),
    [(2000, 960, 960), (961, 960, 960), (960, 960, 500), (400, 960, 330), (2000, 250, 250), (41, 960, 40)],
)
def test_thumbnails_have_standard_widths_and_are_narrower_than_the_picture(
    width_px: int, most_px: int, expected: int
) -> None:
    shown = picture(case_file(1, width_px=width_px, height_px=width_px // 2), most_px)
    assert shown is not None
    assert shown.address.endswith(f"/{expected}px-1.jpg")
    assert expected in WIDTHS_PX
    assert (shown.width_px, shown.height_px) == (expected, round(expected * (width_px // 2) / width_px))


@given(*4 * [st.integers(1, 30_000)])
def test_no_thumbnail_is_wider_than_its_picture(width: int, height: int, other: int, most_px: int) -> None:
    one, second = case_file(1, width_px=width, height_px=height), case_file(2, width_px=other)
    for asked in (most_px, common_width(one, second)):
        shown = picture(one, asked)
        if shown is not None:
            assert shown.width_px in WIDTHS_PX
            assert shown.width_px < width
            assert shown.width_px <= asked
            assert abs(shown.height_px - height * shown.width_px / width) <= 1


THUMB = "https://thumb.wikimedia.org/wikipedia/commons/thumb/a/ab/"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"{THUMB}A.tif/lossy-page1-120px-A.tif.jpg", f"{THUMB}A.tif/lossy-page1-960px-A.tif.jpg"),
        (f"{THUMB}A.svg/langde-120px-A.svg.png", f"{THUMB}A.svg/langde-960px-A.svg.png"),
        (f"{THUMB}120px-A.jpg/120px-120px-A.jpg", f"{THUMB}120px-A.jpg/960px-120px-A.jpg"),
        (f"{THUMB}A.jpg/120px-A.jpg?utm=1", f"{THUMB}A.jpg/960px-A.jpg?utm=1"),
        (f"{THUMB}A%3F.jpg/120px-A%3F.jpg", f"{THUMB}A%3F.jpg/960px-A%3F.jpg"),
        ("https://upload.wikimedia.org/wikipedia/commons/a/ab/A.jpg", None),
        ("javascript:alert(1)//120px-A.jpg", None),
        ("data:image/png;base64,/120px-A", None),
        (None, None),
    ],
)
def test_only_thumbnails_of_the_media_host_are_shown(address: str | None, expected: str | None) -> None:
    shown = picture(case_file(1, thumb_url=address), 960)
    assert (shown.address if shown else None) == expected


def test_a_picture_as_small_as_a_thumbnail_is_shown_as_the_wiki_gives_it() -> None:
    address = "https://upload.wikimedia.org/wikipedia/commons/a/ab/A.png"
    shown = picture(case_file(1, thumb_url=address, width_px=100, height_px=60), 960)
    assert shown is not None
    assert (shown.address, shown.width_px, shown.height_px) == (address, 100, 60)


def test_pictures_are_laid_on_each_other_in_one_width() -> None:
    large, small = case_file(1, width_px=4000, height_px=3000), case_file(2, width_px=640, height_px=480)
    assert common_width(large, small) == 500
    assert are_alike(large, small)
    assert are_alike(large, case_file(3, width_px=101, height_px=76))
    assert not are_alike(large, case_file(3, width_px=4000, height_px=2900))


# The queue


def test_the_queue_shows_who_waits_and_where_to_begin() -> None:
    judged, waiting = family(1, 2), family(3, 4, 5, day=1)
    rows = [Judged(pair_of(sha1(1), sha1(2)), Judgement.DUPLICATES, "A", NOW)]
    page = get(on(Shelf([judged, waiting], rows)), "/review")
    links = [one["href"] for one in page.all("a") if one.get("href", "").startswith("/review/")]
    assert links == [f"/review/{waiting.key}", f"/review/{waiting.key}", f"/review/{judged.key}"]
    assert "0 of 3 pairs judged" in page.text
    assert "The pair judged" in page.text
    assert "1 = 2: pHash 00181b19147afcf8" in page.text
    sources = [one["src"] for one in page.all("img")]
    assert all("/250px-" in source for source in sources)
    assert len(sources) == 5


def test_the_queue_goes_on_page_by_page() -> None:
    cases = [family(2 * n, 2 * n + 1, day=n) for n in range(1, 46)]
    site, seen, path = on(Shelf(cases)), [], "/review"
    for _ in range(3):
        page = get(site, path)
        seen += [one["href"][-64:] for one in page.all("a") if one.get("href", "")[:8] == "/review/"]
        following = page.all("a", rel="next")
        path = following[0]["href"] if following else ""
    assert path == ""
    assert list(dict.fromkeys(seen)) == [case.key for case in cases]


def test_an_empty_queue_says_where_families_come_from() -> None:
    assert "No family waits" in get(on(Shelf([])), "/review").text


def test_a_queue_of_judged_families_says_so() -> None:
    rows = [Judged(pair_of(sha1(1), sha1(2)), Judgement.DUPLICATES, "A", NOW)]
    page = get(on(Shelf([family(1, 2)], rows)), "/review")
    assert "Every pair of these families has a verdict" in page.text
    assert "Begin" not in page.text


# A family


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("who", ["", WHO])
def test_every_view_is_a_whole_page_with_labels_and_headings(view: str, who: str) -> None:
    case = family(1, 2, 3)
    page = get(on(Shelf([case])), f"/review/{case.key}?view={view}", who)
    assert len(page.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert not [
        attrs for _, attrs in page.elements if "style" in attrs or any(n.startswith("on") for n in attrs)
    ]
    assert not page.all("style")
    assert [one["src"] for one in page.all("script")] == ["/static/review.js"]
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert not [name for name, count in Counter(ids).items() if count > 1]
    named_by_label = {one["for"] for one in page.all("label") if "for" in one}
    for tag, attrs in page.elements:
        if tag == "textarea" or (tag == "input" and attrs.get("type") == "range"):
            assert attrs["id"] in named_by_label
        if tag == "img":
            assert attrs["alt"]
            assert attrs["src"].startswith("https://thumb.wikimedia.org/")
            assert int(re.search(r"/(\d+)px-", attrs["src"])[1]) in WIDTHS_PX  # type: ignore[index]
        for name in ("aria-describedby", "aria-labelledby"):
            assert set(attrs.get(name, "").split()) <= set(ids)
    tabs = [one for one in page.all("a", **{"aria-current": "page"}) if f"view={view}" in one["href"]]
    assert len(tabs) == 2  # the view and the pair


def test_a_family_tells_everything_the_bot_found() -> None:
    files = [case_file(1, "One.jpg"), case_file(2, "Two.jpg", score=None, points=(), pixel_sha1="")]
    case = case_with(files, bonds=("1 = 2: dHash 71694d654c586169",))
    text = get(on(Shelf([case])), f"/review/{case.key}").text
    for told in (
        "2,000 × 1,500 px", "1,000,001", "image/jpeg", "2026-09-30 08:30 UTC", "Uploader 2", sha1(1), sha1(2),
        sha1(901), sha1(801), f"{1:016x}", f"{3:016x}", "+1 uploaded first, 1", "the file to keep",
        "nominated for deletion", "pHash 2 bits apart", "dHash 0 bits apart",
        "Metadata only: the same pixels", "1 = 2: dHash 71694d654c586169", "Only here", "Only there",
        "Cc-zero", "author", "unknown", "confirm-20261001",
    ):  # fmt: skip
        assert told in text, told


def test_links_lead_to_the_pages_of_the_files() -> None:
    case = case_with([case_file(1, "A & B?.jpg"), case_file(2)])
    page = get(on(Shelf([case])), f"/review/{case.key}")
    assert page.all("a", href="https://commons.wikimedia.org/wiki/File:A_%26_B%3F.jpg")


def test_the_first_pair_without_a_verdict_is_shown() -> None:
    case = family(1, 2, 3)
    rows = [Judged(pair_of(sha1(1), sha1(2)), Judgement.DUPLICATES, "A", NOW)]
    page = get(on(Shelf([case], rows)), f"/review/{case.key}")
    assert "Your verdict on files 1 and 3" in page.text
    assert "1-2 ✓ , judged" in page.text


def test_earlier_verdicts_are_told_with_who_when_and_why() -> None:
    case, pair = family(1, 2), pair_of(sha1(1), sha1(2))
    rows = [
        Judged(pair, Judgement.DUPLICATES, "First", BEGAN, "seems equal"),
        Judged(pair, Judgement.OTHER_VERSION, "Second", BEGAN + timedelta(days=1), "retouched"),
        Judged(pair, Judgement.CANNOT_TELL, "Third", BEGAN + timedelta(days=2)),
    ]
    text = get(on(Shelf([case], rows)), f"/review/{case.key}").text
    assert "What stands: other version , by Second" in text
    assert text.index("Third") < text.index("other version Second 2026-10-02 08:30 retouched")
    assert text.index("retouched") < text.index("duplicates First 2026-10-01 08:30 seems equal")


def test_who_is_not_signed_in_sees_everything_and_no_form() -> None:
    case = family(1, 2)
    page = get(on(Shelf([case])), f"/review/{case.key}")
    assert page.all("a", href=f"/login?next=/review/{case.key}%3F")
    assert not page.all("form", method="post")
    assert not page.all("button")


def test_where_nobody_can_sign_in_no_verdict_is_asked_for() -> None:
    case = family(1, 2)
    page = get(on(Shelf([case]), Login.NONE), f"/review/{case.key}")
    assert "it takes no verdicts" in page.text
    assert not page.all("a", href="/login")


def test_enter_in_the_form_gives_no_verdict() -> None:
    case, shelf = family(1, 2, 3), Shelf([family(1, 2, 3)])
    page = get(on(shelf), f"/review/{case.key}", WHO)
    start = page.elements.index(("form", page.all("form", id="judge")[0]))
    first, *others = [attrs for tag, attrs in page.elements[start:] if tag == "button"]
    assert [one["value"] for one in others] == list(BY_NAME)
    assert [one["data-key"] for one in others] == ["1", "2", "3", "4"]
    answer = judge(on(shelf), case.key, form(1, 2, first["value"], why="typed"))
    assert (answer.status_code, shelf.rows) == (400, [])
    assert "Choose one of the four verdicts" in answer.text
    assert ">typed</textarea>" in answer.text


def test_a_large_family_shows_the_pairs_that_its_case_has() -> None:
    case = family(*range(1, 31))
    case = replace(case, pairs=tuple(one for one in case.pairs if sha1(1) in one.pair))
    page = get(on(Shelf([case])), f"/review/{case.key}")
    assert "Pair 1 of 29 in a family of 30 files" in page.text


@pytest.mark.parametrize(
    ("query", "status"),
    [("view=x", 400), ("at=5", 400), ("at=", 400), ("pair=1-9", 404), ("pair=x", 404), ("x=1", 400),
     ("view=side&view=side", 400), ("done=x", 200), ("from=x", 200), ("at=0&view=swipe", 200)],
)  # fmt: skip
def test_other_questions_are_refused(query: str, status: int) -> None:
    case = family(1, 2)
    get(on(Shelf([case])), f"/review/{case.key}?{query}", status=status)


@pytest.mark.parametrize("key", ["x", "0" * 64, "F" * 64, "0" * 63, "%00", "..%2f..%2fetc"])
def test_what_is_no_family_is_not_found(key: str) -> None:
    site = on(Shelf([family(1, 2)]))
    assert site.visitor().get(f"/review/{key}").status_code == 404
    assert judge(site, key, form(1, 2)).status_code == 404


@pytest.mark.parametrize("query", ["after=x", f"after={'F' * 64}", "after=", "x=1"])
def test_a_queue_that_begins_nowhere_is_refused(query: str) -> None:
    get(on(Shelf([])), f"/review?{query}", status=400)


# A verdict


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.spec("10.1")
def test_a_verdict_is_kept_with_who_when_and_why(name: str) -> None:
    case, shelf = family(1, 2), Shelf([family(1, 2)])
    answer = judge(on(shelf), case.key, form(1, 2, name, why=" cropped\r\n at the\tright "))
    assert answer.status_code == 303
    pair = pair_of(sha1(1), sha1(2))
    assert shelf.rows == [Judged(pair, BY_NAME[name], WHO, NOW, "cropped at the right")]


def test_a_verdict_may_hold_for_the_whole_family() -> None:
    case, shelf = family(1, 2, 3), Shelf([family(1, 2, 3)])
    answer = judge(on(shelf), case.key, form(1, 2, all="yes"))
    assert answer.status_code == 303
    assert {row.pair for row in shelf.rows} == {one.pair for one in case.pairs}
    assert {(row.judgement, row.who, row.at) for row in shelf.rows} == {(Judgement.NOT_DUPLICATES, WHO, NOW)}


def where(answer: Any) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(answer.headers["Location"])
    return parts.path, parse_qs(parts.query)


def test_after_a_verdict_the_next_pair_then_the_next_family_is_shown() -> None:
    first, second, third = family(1, 2, 3), family(4, 5, day=1), family(6, 7, day=2)
    site = on(Shelf([first, second, third]))
    path, query = where(judge(site, second.key, form(4, 5, view="blink")))
    assert (path, query["view"], query["done"]) == (f"/review/{third.key}", ["blink"], ["not_duplicates"])
    assert query["from"] == [second.key]
    path, _ = where(judge(site, third.key, form(6, 7)))
    assert path == f"/review/{first.key}"  # round the end
    path, query = where(judge(site, first.key, form(1, 3)))
    assert (path, query["pair"]) == (f"/review/{first.key}", ["2-3"])
    path, query = where(judge(site, first.key, form(2, 3)))
    assert (path, query["pair"]) == (f"/review/{first.key}", ["1-2"])
    path, query = where(judge(site, first.key, form(1, 2, "cannot_tell")))
    assert (path, query) == ("/review", {"done": ["cannot_tell"]})
    assert "Kept: can't tell. No other pair waits" in get(site, f"{path}?done=cannot_tell").text


def test_what_comes_next_says_what_was_kept() -> None:
    case = family(1, 2, 3)
    page = get(on(Shelf([case])), f"/review/{case.key}?done=other_version", WHO)
    assert page.all("p", role="status")
    assert "Kept: other version." in page.text


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (StoreBusy("another process writes"), "A bot is writing to the store, so nothing was kept."),
        (StoreError("gone"), "The store fails just now. Look below whether your verdict was kept"),
    ],
)
def test_a_store_that_cannot_be_written_loses_no_word(trouble: StoreError, told: str) -> None:
    case, shelf = family(1, 2, 3), Shelf([family(1, 2, 3)], trouble=trouble)
    answer = judge(on(shelf), case.key, form(1, 3, why="a <long> “thought”", all="yes", view="swipe"))
    assert (answer.status_code, shelf.rows) == (503, [])
    assert int(answer.headers["Retry-After"]) > 0
    page = Page(answer.text)
    assert [one for one in page.all("p", role="alert") if "hidden" not in one]
    assert told in page.text
    assert ">a &lt;long&gt; “thought”</textarea>" in answer.text
    assert "checked" in page.all("input", name="all")[0]
    assert page.all("input", name="view", value="swipe", type="hidden")
    assert [one["value"] for one in page.all("input", name="second")] == [sha1(3)]


def test_a_verdict_that_is_too_long_keeps_nothing_and_loses_no_word() -> None:
    case, shelf = family(1, 2), Shelf([family(1, 2)])
    why = "é" * (LONGEST_WHY + 1)
    answer = judge(on(shelf), case.key, form(1, 2, why=why))
    assert (answer.status_code, shelf.rows) == (400, [])
    assert why in answer.text
    assert "at most 500" in Page(answer.text).text
    assert judge(on(shelf), case.key, form(1, 2, why=why[1:])).status_code == 303
    assert judge(on(shelf), case.key, form(1, 2, why="a\0b")).status_code == 400


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"first": sha1(9)}, 404),
        ({"second": sha1(9)}, 404),
        ({"second": sha1(1)}, 404),
        ({"first": "x"}, 400),
        ({"first": sha1(1)[1:]}, 400),
        ({"first": sha1(10).upper()}, 400),
        ({"judgement": ""}, 400),
        ({"judgement": "duplicate"}, 400),
        ({"judgement": "not duplicates"}, 400),
        ({"all": "no"}, 400),
        ({"view": "x"}, 400),
        ({"unknown": "1"}, 400),
    ],
)
def test_a_form_that_is_not_ours_is_refused(given: dict[str, str], status: int) -> None:
    case, shelf = family(1, 2), Shelf([family(1, 2)])
    assert judge(on(shelf), case.key, {**form(1, 2), **given}).status_code == status
    assert shelf.rows == []


def test_the_pair_must_be_of_the_family_that_the_address_names() -> None:
    one, other = family(1, 2), family(3, 4)
    shelf = Shelf([one, other])
    assert judge(on(shelf), one.key, form(3, 4)).status_code == 404
    assert shelf.rows == []


@pytest.mark.spec("10.4")
def test_a_family_whose_files_changed_is_not_judged() -> None:
    case = family(1, 2)
    shelf = Shelf([replace(family(1, 2, 3), key=case.key)])
    assert judge(on(shelf), case.key, form(1, 2)).status_code == 409
    assert shelf.rows == []


STRANGERS: list[tuple[str, str, dict[str, str], int]] = [
    ("", TOKEN, OURS, 401),
    (WHO, "", OURS, 403),
    (WHO, "other", OURS, 403),
    (WHO, TOKEN + " ", OURS, 403),
    (WHO, TOKEN, {}, 403),
    (WHO, TOKEN, {"Origin": "https://evil.example"}, 403),
    (WHO, TOKEN, {"Origin": "null"}, 403),
    (WHO, TOKEN, {"Origin": "http://localhost:81"}, 403),
    (WHO, TOKEN, {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    (WHO, TOKEN, {"Sec-Fetch-Site": "same-site"}, 403),
    (WHO, TOKEN, {"Sec-Fetch-Site": "none"}, 403),
]


@pytest.mark.parametrize(("who", "token", "headers", "status"), STRANGERS)
@pytest.mark.spec("10.2")
def test_nobody_else_judges(
    who: str, token: str, headers: dict[str, str], status: int, counted: Counted
) -> None:
    case, shelf = family(1, 2), Shelf([family(1, 2)])
    visitor = on(shelf).visitor(who)
    answer = visitor.post(f"/review/{case.key}", data={**form(1, 2), "csrf": token}, headers=headers)
    assert (answer.status_code, shelf.rows) == (status, [])
    assert visitor.get(f"/review/{case.key}").status_code == 200
    counted("W9", 1, "verdicts from elsewhere refused")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_do_nothing(method: str) -> None:
    case, shelf = family(1, 2), Shelf([family(1, 2)])
    answer = on(shelf).visitor(WHO).open(f"/review/{case.key}", method=method, headers=OURS)
    assert (answer.status_code, shelf.rows) == (405, [])


def test_pages_of_the_review_may_not_be_read_from_elsewhere() -> None:
    case = family(1, 2)
    for path in ("/review", f"/review/{case.key}", "/statistics"):
        answer = on(Shelf([case])).visitor().get(path)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


# Hostile texts

HOSTILE = [
    "<script>alert(1)</script>.jpg", "\"><img src=x onerror=alert(1)>.jpg", "' autofocus onfocus=a() x='.jpg",
    "{{7*7}}.jpg", "${7*7}.jpg", "{% raw %}.jpg", "javascript:alert(1)//.jpg", "&lt;script&gt;.jpg",
    "a&b.jpg",
    "</title></textarea></style></script>.jpg", "\u202egpj.exe.jpg", "%3Cscript%3E.jpg", "a/../../b.jpg",
    "?x=1#y.jpg", "\u2028line.jpg", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢.jpg", "a" * 240 + ".jpg", "<!--.jpg", "]]>.jpg", "`x`.jpg",
]  # fmt: skip


def shape_of(page: Page) -> list[tuple[str, list[str]]]:
    """Give the elements with the names of their attributes."""
    return [(tag, sorted(attrs)) for tag, attrs in page.elements]


def hostile_site(text: str) -> tuple[Site, str]:
    files = [case_file(n, text, uploader=text, fate=text, points=(text,), mime=text) for n in (1, 2)]
    case = case_with(files, bonds=(text,))
    told = case.differences[0]
    told = replace(told, categories_here=(text,), licences_there=(text,), parameters=((text, text, text),))
    case = replace(case, differences=(told,), run=text, pairs=(replace(case.pairs[0], comparison=text),))
    rows = [Judged(case.pairs[0].pair, Judgement.CANNOT_TELL, text, NOW, text)]
    return on(Shelf([case], rows)), case.key


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_text(text: str, counted: Counted) -> None:
    pages = 0
    plain, key = hostile_site("Plain.jpg")
    site, _ = hostile_site(text)
    for path in ("/review", *(f"/review/{key}?view={view}" for view in VIEWS)):
        page = get(site, path, text)
        assert shape_of(page) == shape_of(get(plain, path, "Plain.jpg"))
        assert " ".join(text.split()) in page.text
        for _, attrs in page.elements:
            for name in ("href", "src", "action"):
                assert urlsplit(attrs.get(name, "")).scheme in ("", "https")
        pages += 1
    counted("W5", pages, "review pages with a hostile text in every place")


# The interface for programs


def test_families_and_verdicts_as_json() -> None:
    one, other = family(1, 2, 3), family(4, 5, day=1)
    rows = [
        Judged(pair_of(sha1(4), sha1(5)), Judgement.DUPLICATES, "A", BEGAN, "same"),
        Judged(pair_of(sha1(1), sha1(2)), Judgement.OTHER_VERSION, "B", BEGAN + timedelta(hours=1)),
    ]
    client = on(Shelf([one, other], rows)).visitor()
    told = client.get("/api/v1/families?limit=1").get_json()
    assert [(row["key"], row["pairs"], row["unjudged"]) for row in told["families"]] == [(one.key, 3, 2)]
    assert told["next"] == one.key
    told = client.get(f"/api/v1/families?limit=2&after={one.key}").get_json()
    assert ([row["key"] for row in told["families"]], told["next"]) == ([other.key], None)
    told = client.get("/api/v1/families?unjudged=yes").get_json()
    assert [row["key"] for row in told["families"]] == [one.key]
    told = client.get(f"/api/v1/families/{one.key}").get_json()
    assert told["files"][0]["url"].startswith("https://commons.wikimedia.org/wiki/File:")
    verdict = {"sha1s": [sha1(1), sha1(2)], "verdict": "other version", "who": "B", "why": "",
               "when": "2026-10-01T09:30:00Z"}  # fmt: skip
    assert [pair["verdict"] for pair in told["pairs"]] == ["other version", None, None]
    assert told["pairs"][0]["verdicts"] == [verdict]
    told = client.get("/api/v1/verdicts").get_json()["verdicts"]
    assert [row["who"] for row in told] == ["B", "A"]
    assert client.get(f"/api/v1/verdicts?sha1={sha1(2)}").get_json() == {"verdicts": [verdict]}
    assert client.get("/api/v1/verdicts?limit=1").get_json() == {"verdicts": [verdict]}


def test_programs_may_read_from_anywhere() -> None:
    answer = on(Shelf([])).visitor().get("/api/v1/verdicts")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
