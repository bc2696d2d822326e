"""The review on a real store: what people say there is what the bot obeys, and looking changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faebot_hash.adapters.index_reader import IndexReader
from faebot_hash.adapters.judgement_desk import JudgementDesk
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.review_reader import ReviewReader
from faebot_hash.adapters.store import Store
from faebot_hash.cases import Case
from faebot_hash.judgements import Judgement, pair_of
from faebot_hash.web.review_questions import VIEWS
from tests.counting import Counted
from tests.pictures import LONG
from tests.review_world import NOW, OURS, TOKEN, Site, family, review_app, sha1

READINGS = 10_000 if LONG else 300
WHO = "Ärla Söder"


def served(address: str, *cases: Case) -> Site:
    """Keep families as a run of the bot does, and serve them."""
    with Store.open(address) as store:
        store.keep_cases(cases, whole=True)
    reader = ReviewReader(IndexReader(address, 5.0))
    return Site(reader, review_app(reader, JudgementDesk(address, Patience(total_s=0))))


def judge(site: Site, case: Case, first: int, second: int, judgement: str, **more: str) -> Any:
    data = {"first": sha1(first), "second": sha1(second), "judgement": judgement, "csrf": TOKEN, **more}
    return site.visitor(WHO).post(f"/review/{case.key}", data=data, headers=OURS)


def apart(address: str, *numbers: int) -> frozenset[tuple[str, str]]:
    """Ask what the bot asks before it compares files."""
    with Store.open(address) as store:
        return store.apart(map(sha1, numbers))


def test_what_a_reviewer_keeps_apart_the_bot_keeps_apart(address: str) -> None:
    first, second = family(1, 2, 3), family(4, 5, day=1)
    site = served(address, first, second)
    answer = judge(site, first, 1, 3, "not_duplicates", why="another ship")
    assert answer.status_code == 303
    assert "pair=2-3" in answer.location
    assert apart(address, 1, 2, 3) == {pair_of(sha1(1), sha1(3))}
    assert judge(site, first, 2, 3, "cannot_tell").status_code == 303
    assert second.key in judge(site, first, 1, 2, "duplicates").location
    assert "/review?done=" in judge(site, second, 4, 5, "other_version").location
    assert apart(address, 1, 2, 3, 4, 5) == {pair_of(sha1(1), sha1(3)), pair_of(sha1(4), sha1(5))}
    (row,) = site.shelf.judged([sha1(1), sha1(3)])
    assert (row.judgement, row.who, row.at, row.why) == (
        Judgement.NOT_DUPLICATES, WHO, NOW, "another ship",
    )  # fmt: skip
    text = site.visitor().get("/statistics").text
    assert "2 pairs of 3 with a verdict" in " ".join(text.replace("&nbsp;", " ").split())
    told = site.visitor().get(f"/api/v1/verdicts?sha1={sha1(3)}").get_json()["verdicts"]
    assert [(one["verdict"], one["who"]) for one in told] == [("can't tell", WHO), ("not duplicates", WHO)]


def test_a_verdict_is_corrected_by_a_later_one(address: str) -> None:
    case = family(1, 2)
    site = served(address, case)
    for judgement, kept in (("not_duplicates", 1), ("cannot_tell", 1), ("duplicates", 0)):
        assert judge(site, case, 1, 2, judgement).status_code == 303
        assert len(apart(address, 1, 2)) == kept


def test_a_new_file_asks_only_for_itself(address: str) -> None:
    old = family(1, 2)
    site = served(address, old)
    judge(site, old, 1, 2, "not_duplicates")
    new = family(1, 2, 3)
    with Store.open(address) as store:
        store.keep_cases([new], whole=True)
    (told,) = site.visitor().get("/api/v1/families").get_json()["families"]
    assert (told["key"], told["pairs"], told["unjudged"]) == (new.key, 3, 2)
    assert "Your verdict on files 1 and 3" in site.visitor().get(f"/review/{new.key}").text


def test_all_pairs_of_a_family_at_once(address: str) -> None:
    case = family(1, 2, 3, 4)
    site = served(address, case)
    assert "/review?done=" in judge(site, case, 1, 2, "other_version", all="yes").location
    assert len(apart(address, 1, 2, 3, 4)) == 6


def test_while_a_bot_writes_nothing_is_kept_and_no_word_lost(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/store.sqlite"
    case = family(1, 2)
    site = served(address, case)
    with Store.open(address) as bot:
        answer = judge(site, case, 1, 2, "not_duplicates", why="not the same hull number")
        assert answer.status_code == 503
        assert "A bot is writing to the store, so nothing was kept." in answer.text
        assert ">not the same hull number</textarea>" in answer.text
        assert bot.judged([sha1(1), sha1(2)]) == ()
    assert judge(site, case, 1, 2, "not_duplicates", why="not the same hull number").status_code == 303
    assert len(apart(address, 1, 2)) == 1


def test_looking_changes_nothing(tmp_path: Path, counted: Counted) -> None:
    site = served(f"sqlite:///{tmp_path}/store.sqlite", family(1, 2, 3), family(4, 5))
    keys = [one["key"] for one in site.visitor().get("/api/v1/families").get_json()["families"]]
    paths = ["/review", "/statistics", "/api/v1/families", "/api/v1/verdicts", f"/review?after={keys[0]}"]
    paths += [f"/review/{key}?view={view}&done=duplicates" for key in keys for view in VIEWS]
    paths += [f"/api/v1/families/{key}" for key in keys]
    files = sorted(one for one in tmp_path.glob("store.sqlite*") if not one.name.endswith("-shm"))
    before = {one: one.read_bytes() for one in files}
    visitors = [site.visitor(), site.visitor(WHO)]
    for number in range(READINGS):
        answer = visitors[number % 2].get(paths[number // 2 % len(paths)])
        assert answer.status_code == 200
    assert {one: one.read_bytes() for one in files} == before
    counted("W9", READINGS, "pages of the review read without a change in the store")


@pytest.mark.parametrize("path", ["/review", "/review/{key}", "/statistics"])
def test_a_store_that_fails_is_told_as_a_page(tmp_path: Path, path: str) -> None:
    site = served(f"sqlite:///{tmp_path}/store.sqlite", family(1, 2))
    (tmp_path / "store.sqlite").write_bytes(b"no database" * 1_000)
    for left in tmp_path.glob("store.sqlite-*"):
        left.unlink()
    answer = site.visitor().get(path.format(key=family(1, 2).key))
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert answer.headers["Retry-After"]
