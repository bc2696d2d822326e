"""The fake wiki itself: boundaries, faults, people, snapshots, and that each invariant can fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pywikibot

from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.store import Store
from faebot_hash.edits import PageEdit
from faebot_hash.errors import WikiError
from faebot_hash.model import PageText
from faebot_hash.ports import EditAnswer, Intent
from tests.fake_wiki.boundaries import Boundary, WatchedJournal
from tests.fake_wiki.clock import BEGINNING
from tests.fake_wiki.faults import RETRY_AFTER_S, Fault
from tests.fake_wiki.people import HumanAction
from tests.fake_wiki.remote import RemoteWorld
from tests.fake_wiki.scene import DUPLICATE, HOME_CATEGORY, KEEPER
from tests.fake_wiki.world import World
from tests.nominators import nominated_text
from tests.practice.configuration import BOT

pytest_plugins = ("tests.fake_wiki.fixtures",)

OUR_LINE = f"\n[[Category:{HOME_CATEGORY}|0123456789abcdef]]"
FIRST, SECOND = "0123456789ab", "ba9876543210"


class PlainBot:
    """The steps of one edit with nothing left out, for a look at what the world does between them."""

    def __init__(self, world: World, commons: Commons, store: Store) -> None:
        self.world = world
        self.commons = commons
        self.store = store
        self.journal = WatchedJournal(store, world)
        self.page = self.read()

    def read(self) -> PageText:
        page_id = self.world.people.page(DUPLICATE).page_id
        page = self.commons.texts([page_id])[page_id]
        assert isinstance(page, PageText)
        return page

    def tag(self, text: str = "", token: str = FIRST, *, preflight: bool = True) -> EditAnswer:
        """Carry out one edit without any judgement, and close its row by what came back."""
        self.plan(token)
        if preflight:
            self.commons.preflight(["Duplicate.jpg", "Keeper.jpg"], [])
        return self.send(text, token)

    def plan(self, token: str) -> None:
        upload = self.world.people.page(DUPLICATE).uploads[-1]
        self.journal.plan(
            Intent(token, self.page.page_id, self.page.title, self.page.revid, upload.sha1, "", "identified")
        )

    def send(self, text: str, token: str) -> EditAnswer:
        self.journal.sent(token, self.world.clock.now())
        edit = PageEdit(self.page, text or self.page.text + OUR_LINE, "")
        answer = self.commons.edit(edit, f"a summary ({token})")
        if answer.code == "unknown":
            self.settle_by_history(token)
        elif answer.code:
            self.journal.settle(token, "REFUSED")
        else:
            self.journal.settle(token, "DONE", answer.newrevid)
        return answer

    def settle_by_history(self, token: str) -> None:
        for revision in self.commons.history(self.page.page_id):
            if f"({token})" in revision.comment:
                self.journal.settle(token, "DONE", revision.revid)
                return
        self.journal.settle(token, "CONFLICT")

    def broken(self) -> list[str]:
        return self.world.check(self.store.rows())


@pytest.fixture
def bot(world: World, world_commons: Commons, tmp_path: Path) -> Iterator[PlainBot]:
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        yield PlainBot(world, world_commons, store)


# The world


def test_time_passes_only_while_somebody_sleeps(world: World) -> None:
    before = world.clock.now()
    time.sleep(0.01)
    assert world.clock.now() == before
    world.clock.sleep(10)
    assert (world.clock.now() - before).total_seconds() == 10


def test_a_reset_takes_less_than_a_millisecond_and_forgets_everything(world: World) -> None:
    world.people.delete(DUPLICATE)
    world.clock.advance(1000)
    world.reset()
    assert world.state.titled(DUPLICATE) is not None
    assert world.clock.now() == BEGINNING
    assert world.ledger.edits == []
    started = time.perf_counter()
    for _ in range(100):
        world.reset()
    assert (time.perf_counter() - started) / 100 < 0.001


def test_a_snapshot_brings_a_moment_back(world: World) -> None:
    world.clock.advance(100)
    world.people.append(DUPLICATE, "\nthen")
    then = world.snapshot()
    world.people.append(DUPLICATE, "\nlater")
    world.clock.advance(100)
    world.restore(then)
    assert world.people.page(DUPLICATE).text.endswith("\nthen")
    assert world.clock.now() == then.now


def test_both_sites_live_in_one_process(world: World, world_commons: Commons) -> None:
    assert str(world_commons._site) == "practice:fake"
    assert str(pywikibot.config.mylang) == "commons"
    assert world_commons.user == BOT


def test_a_login_survives_a_reset(world: World, world_commons: Commons) -> None:
    world.reset()
    world_commons.prepare()
    assert not [one for one in world.ledger.requests if one.asked.get("action") == "login"]


def test_revisions_bear_the_virtual_time(world: World, bot: PlainBot) -> None:
    world.clock.advance(12345)
    bot.tag()
    assert bot.commons.history(bot.page.page_id)[0].timestamp == world.clock.now()


def test_every_request_is_logged(world: World, bot: PlainBot) -> None:
    bot.tag()
    assert [one.token for one in world.ledger.posts()] == [FIRST]
    assert [edit.token for edit in world.ledger.edits] == [FIRST]


# Boundaries

WITHOUT_READ_BACK = [one for one in Boundary if one not in (Boundary.REPLY_LOST, Boundary.READ_BACK)]
WITH_READ_BACK = [one for one in Boundary if one is not Boundary.REPLY_RECEIVED]


def reached(world: World, bot: PlainBot, boundaries: list[Boundary]) -> list[Boundary]:
    seen: list[Boundary] = []
    for boundary in boundaries:
        world.at(boundary, lambda boundary=boundary: seen.append(boundary))
    bot.tag()
    return seen


def test_an_edit_passes_its_boundaries_in_their_order(world: World, bot: PlainBot) -> None:
    assert reached(world, bot, WITHOUT_READ_BACK) == WITHOUT_READ_BACK


def test_an_edit_whose_reply_is_lost_is_read_back(world: World, bot: PlainBot) -> None:
    assert reached(world, bot, WITH_READ_BACK) == WITH_READ_BACK
    assert bot.broken() == []


@pytest.mark.parametrize("boundary", Boundary)
def test_the_read_and_the_post_see_a_change_from_the_moment_it_happens(
    world: World, bot: PlainBot, boundary: Boundary
) -> None:
    world.at(boundary, HumanAction.ADD_CATEGORY)
    answer = bot.tag()
    late = list(Boundary).index(boundary) > list(Boundary).index(Boundary.POST_UNCOMMITTED)
    assert (answer.code != "editconflict") == late


@pytest.mark.parametrize("boundary", Boundary)
def test_the_pre_flight_shows_what_happened_before_it(
    world: World, bot: PlainBot, boundary: Boundary
) -> None:
    world.at(boundary, HumanAction.STOP_PAGE_OFF)
    bot.tag()
    early = boundary in (Boundary.BEFORE_CLAIM, Boundary.INTENT_DURABLE)
    assert any("run page" in sentence for sentence in world.violations) == early


def test_a_bot_in_another_process_shares_clock_and_boundaries(world: World) -> None:
    remote = RemoteWorld(world.address)
    seen = []
    world.at(Boundary.INTENT_DURABLE, lambda: seen.append("planned"))
    remote.reached(Boundary.INTENT_DURABLE)
    remote.sleep(7)
    assert seen == ["planned"]
    assert remote.now() == world.clock.now()
    assert world.clock.slept == [7.0]


# Faults


def test_there_are_38_numbered_faults() -> None:
    assert [fault.number for fault in Fault] == list(range(1, 39))


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_before_the_commit_saves_nothing(world: World, bot: PlainBot, fault: Fault) -> None:
    bot.plan(FIRST)
    bot.commons.preflight(["Duplicate.jpg"], [])
    world.arm(fault)
    started = time.monotonic()
    try:
        answer = bot.send("", FIRST)
    except WikiError:
        answer = EditAnswer("unknown")
    assert time.monotonic() - started < 2
    saved = [edit for edit in world.ledger.edits if edit.user == BOT]
    if fault is Fault.SLOW_DRIP:
        assert (answer.code, len(saved)) == ("", 1)
    elif fault is Fault.MERGED:
        assert answer.code == ""
        assert answer.oldrevid != bot.page.revid
    else:
        assert saved == []
        assert answer.code != "" or answer.unchanged


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.may_follow_a_commit])
def test_a_fault_after_the_commit_spoils_the_reply_only(world: World, bot: PlainBot, fault: Fault) -> None:
    world.at(Boundary.REPLY_LOST, fault)
    bot.plan(FIRST)
    bot.commons.preflight(["Duplicate.jpg"], [])
    bot.journal.sent(FIRST, world.clock.now())
    edit = PageEdit(bot.page, bot.page.text + OUR_LINE, "")
    answer = bot.commons.edit(edit, f"a summary ({FIRST})")
    assert [edit.token for edit in world.ledger.edits] == [FIRST]
    assert (answer.code == "") == (fault is Fault.SLOW_DRIP)


@pytest.mark.parametrize("fault", [fault for fault in Fault if not fault.edits_only])
def test_a_fault_strikes_one_read_and_is_over(world: World, bot: PlainBot, fault: Fault) -> None:
    world.arm(fault)
    try:
        bot.read()
    except WikiError:
        world.clock.sleep(1)
    assert bot.read().revid == bot.page.revid


def test_faults_of_edits_wait_for_an_edit(world: World, bot: PlainBot) -> None:
    world.arm(Fault.EDITCONFLICT)
    bot.read()
    assert world.unspent == [Fault.EDITCONFLICT]
    assert bot.tag().code == "editconflict"
    assert world.unspent == []


def test_a_retry_after_is_obeyed_in_virtual_time(world: World, bot: PlainBot) -> None:
    bot.plan(FIRST)
    bot.commons.preflight(["Duplicate.jpg"], [])
    world.arm(Fault.HTTP_429_RETRY_AFTER)
    world.clock.slept.clear()
    assert bot.send("", FIRST).code
    bot.read()
    assert sum(world.clock.slept) == pytest.approx(RETRY_AFTER_S, abs=1)


def test_an_outage_ends_when_time_passes(world: World, bot: PlainBot) -> None:
    world.arm(Fault.CONNECTION_REFUSED)
    with pytest.raises(WikiError):
        bot.read()
    with pytest.raises(WikiError):
        bot.read()
    world.clock.sleep(1)
    assert bot.read().text


# People


def test_there_are_eighteen_actions_and_one_of_them_in_two_forms() -> None:
    assert len(HumanAction) == 19


@pytest.mark.parametrize("action", HumanAction)
def test_every_action_changes_the_wiki(world: World, action: HumanAction) -> None:
    before = world.state.copy()
    world.act(action)
    assert world.state != before


def test_a_revert_marks_what_it_undid_after_a_while(world: World, bot: PlainBot) -> None:
    revid = bot.tag().newrevid
    world.act(HumanAction.REVERT)
    marks = {"prop": "revisions", "rvprop": "ids|tags", "action": "query", "revids": revid}
    at_once = world.reader().get(**marks)["query"]["pages"][0]["revisions"][0]["tags"]
    world.clock.sleep(6)
    later = world.reader().get(**marks)["query"]["pages"][0]["revisions"][0]["tags"]
    assert (at_once, later) == ([], ["mw-reverted"])
    assert bot.commons.reverted({revid: bot.page.page_id}) == {revid}


# Invariants: each holds after an honest edit, and each can fail


def test_an_honest_edit_breaks_nothing(world: World, bot: PlainBot) -> None:
    world.verify(bot.page.page_id, world.people.page(KEEPER).page_id)
    assert bot.tag().code == ""
    assert bot.broken() == []


def nominated(bot: PlainBot) -> str:
    """Write what a nomination makes of the page."""
    return nominated_text(bot.page.text, "Keeper.jpg")


def test_an_honest_nomination_and_its_withdrawal_break_nothing(world: World, bot: PlainBot) -> None:
    world.people.append(DUPLICATE, f"\n[[Category:{HOME_CATEGORY}|0123456789abcdef]]", "by hand", "Visitor")
    bot.page = bot.read()
    world.verify(bot.page.page_id, world.people.page(KEEPER).page_id)
    before = bot.page.text
    assert bot.tag(nominated(bot)).code == ""
    assert bot.broken() == []
    bot.page = bot.read()
    assert HOME_CATEGORY + "|" not in bot.page.text
    world.clock.sleep(20)
    assert bot.tag(before, SECOND).code == ""
    assert bot.broken() == []


def plant_v1(world: World, bot: PlainBot) -> None:
    bot.tag(bot.page.text + OUR_LINE + OUR_LINE)


def plant_v2(world: World, bot: PlainBot) -> None:
    world.verify(bot.page.page_id, world.people.page(KEEPER).page_id)
    world.act(HumanAction.DELETE_KEEPER)
    bot.tag()


def plant_v2_chain(world: World, bot: PlainBot) -> None:
    world.act(HumanAction.REVERSE_DUPLICATE)
    bot.tag("{{duplicate|Keeper.jpg}}\n" + bot.page.text)


def plant_v2_chain_later(world: World, bot: PlainBot) -> None:
    bot.tag(nominated(bot))
    world.act(HumanAction.REVERSE_DUPLICATE)


def plant_v3_stopped(world: World, bot: PlainBot) -> None:
    world.act(HumanAction.STOP_PAGE_OFF)
    bot.tag()


def plant_v3_unread(world: World, bot: PlainBot) -> None:
    bot.tag(preflight=False)


def plant_v3_excluded(world: World, bot: PlainBot) -> None:
    world.act(HumanAction.NOBOTS)
    bot.page = bot.read()
    bot.tag()


def plant_v3_merged(world: World, bot: PlainBot) -> None:
    world.at(Boundary.POST_UNCOMMITTED, HumanAction.NOBOTS)
    bot.tag()


def plant_v3_message(world: World, bot: PlainBot) -> None:
    world.act(HumanAction.TALK_MESSAGE)
    bot.tag()


def plant_v4(world: World, bot: PlainBot) -> None:
    bot.tag(bot.page.text.replace("Motorcycles", "Motorbikes") + OUR_LINE)


def plant_v4_nomination(world: World, bot: PlainBot) -> None:
    bot.tag(nominated(bot).replace("Motorcycles", "Motorbikes"))


def plant_v5_nomination(world: World, bot: PlainBot) -> None:
    plant_v5(world, bot, nominated(bot))


def plant_v5(world: World, bot: PlainBot, text: str = "") -> None:
    bot.tag(text)
    world.act(HumanAction.REVERT)
    bot.page = bot.read()
    world.clock.sleep(20)
    bot.tag(text, token=SECOND)


def plant_v6_open(world: World, bot: PlainBot) -> None:
    bot.plan(FIRST)


def plant_v6_unwritten(world: World, bot: PlainBot) -> None:
    edit = PageEdit(bot.page, bot.page.text + OUR_LINE, "")
    bot.commons.edit(edit, f"a summary ({FIRST})")


def plant_v6_untrue(world: World, bot: PlainBot) -> None:
    bot.plan(FIRST)
    bot.journal.sent(FIRST, world.clock.now())
    bot.journal.settle(FIRST, "DONE", 12345)


def plant_v7(world: World, bot: PlainBot) -> None:
    bot.tag()
    world.clock.sleep(9.9)
    bot.page = bot.read()
    bot.tag(bot.page.text.removesuffix(OUR_LINE), SECOND)


def plant_v8(world: World, bot: PlainBot) -> None:
    bot.tag()
    world.act(HumanAction.OVERWRITE_DUPLICATE)


def plant_v8_keeper(world: World, bot: PlainBot) -> None:
    world.verify(bot.page.page_id, world.people.page(KEEPER).page_id)
    bot.tag()
    world.act(HumanAction.OVERWRITE_KEEPER)


def plant_e1(world: World, bot: PlainBot) -> None:
    world.at(Boundary.POST_UNCOMMITTED, Fault.READ_TIMEOUT)
    bot.tag()
    edit = PageEdit(bot.page, bot.page.text + OUR_LINE, "")
    bot.commons.edit(edit, f"a summary ({FIRST})")


@pytest.mark.parametrize(
    "plant",
    [
        plant_v1,
        plant_v2,
        plant_v2_chain,
        plant_v2_chain_later,
        plant_v3_stopped,
        plant_v3_unread,
        plant_v3_excluded,
        plant_v3_merged,
        plant_v3_message,
        plant_v4,
        plant_v4_nomination,
        plant_v5,
        plant_v5_nomination,
        plant_v6_open,
        plant_v6_unwritten,
        plant_v6_untrue,
        plant_v7,
        plant_v8,
        plant_v8_keeper,
        plant_e1,
    ],
)
def test_a_planted_violation_is_seen(
    world: World, bot: PlainBot, plant: Callable[[World, PlainBot], None]
) -> None:
    plant(world, bot)
    law = plant.__name__.split("_")[1].upper()
    assert any(sentence.startswith(f"{law}: ") for sentence in bot.broken()), bot.broken()
