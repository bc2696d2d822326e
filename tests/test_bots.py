"""Exclusion compliance: no edit where any of three trusted bots would stay away (safety goal E5)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from faebot_hash import bots
from faebot_hash.bots import cluebot_allows, iabot_allows, may_edit, pywikibot_allows
from faebot_hash.markup import scan
from tests.counting import Counted

NAMES = ("Faebot", "faebot_hash")

# wikitext, Pywikibot, InternetArchiveBot, ClueBot NG, and our verdict: Y = may edit
COMPARED = [
    ("{{Nobots}}", "-Y--"),
    ("{{NoBots}}", "YY--"),
    ("{{ nobots }}", "-YY-"),
    ("{{bots|allow=all}}", "YY--"),
    ("{{bots|deny=all}}", "--Y-"),
    ("{{bots|deny=faebot}}", "YY--"),
    ("{{nobots|Faebot}}", "-YY-"),
    ("{{nobots|all}}", "-YY-"),
    ("{{nobots|deny=Faebot}}", "--Y-"),
    ("<!-- {{nobots}} -->", "Y---"),
    ("<nowiki>{{nobots}}</nowiki>", "Y---"),
    ("{{Template:Nobots}}", "-YY-"),
    ("{{template:bots|deny=Faebot}}", "-YY-"),
    ("{{bots|deny=Faebot2}}", "YY--"),
    ("{{bots|deny=NotFaebot}}", "YY--"),
    # ClueBot's own pattern takes the empty list too and finds no name in it.
    ("{{bots|allow=}}", "Y---"),
    ("{{bots|allow=all|deny=Faebot}}", "Y-Y-"),
    ("{{bots|deny=Faebot}}{{bots|allow=all}}", "-Y--"),
    ("{{bots|denyscript=faebot_hash}}", "-YY-"),
    ("{{bots|deny=*}}", "YY--"),
    ("{{bots|deny={{#if:1|Faebot}}}}", "YY--"),
    ("{{bots<!-- x -->|deny=Faebot}}", "-YY-"),
    ("{{nobots<!-- hi -->}}", "-YY-"),
    # denied by all
    ("{{nobots}}", "----"),
    ("{{bots|allow=none}}", "----"),
    ("{{bots|allow=Foo}}", "----"),
    ("{{bots|deny=Faebot}}", "----"),
    ("{{bots|deny=Foo,Faebot}}", "----"),
    ("{{bots|deny=Foo, Faebot }}", "----"),
    ("{{bots|deny = Faebot}}", "----"),
    ("{{bots\n|deny=Faebot\n}}", "----"),
    # allowed by all, of which our own rules refuse four
    ("", "YYYY"),
    ("{{nobots|}}", "YYY-"),
    ("{{nobots|Foo}}", "YYYY"),
    ("{{bots}}", "YYYY"),
    ("{{Bots}}", "YYYY"),
    ("{{bots|Faebot}}", "YYYY"),
    ("{{bots|allow=Faebot}}", "YYYY"),
    ("{{bots|deny=none}}", "YYYY"),
    ("{{bots|deny=}}", "YYYY"),
    ("{{bots|deny=Fae bot}}", "YYYY"),
    ("{{bots|deny=SineBot|optout=x}}", "YYYY"),
    # Pywikibot sorts named parameters, so it takes "deny" for the first.
    ("{{bots|optout=all|deny=Faebot}}", "-YY-"),
    ("{{inuse}}", "YYY-"),
    ("{{In use}}", "YYY-"),
]

MORE = [
    ("{{bots|allow=Faebot,Foo}}", True),
    ("{{bots|allow=Foo, Faebot}}", True),
    ("{{bots|allow=Faebot}} {{Information|description=x}}", True),
    ("{{bots|allow=Faebot|deny=Foo}}", False),
    ("{{bots|allow=faebot_hash}}", False),
    ("{{bots|allowscript=faebot_hash}}", True),
    ("{{bots|allowscript=all}}", True),
    ("{{bots|allowscript=other}}", False),
    ("{{bots|denyscript=all}}", False),
    ("{{bots|denyscript=other}}", True),
    ("{{bots|denyscript=Faebot_hash}}", False),
    ("{{bots|deny=faebot_hash}}", False),
    ("{{bots|deny=FAEBOT}}", False),
    ("{{Bots|deny=Faebot}}", False),
    ("{{BOTS|deny=Faebot}}", False),
    ("{{bots|optout=all}}", False),
    ("{{bots|optout=Faebot}}", False),
    ("{{bots|optout=nosource}}", True),
    ("{{bots|deny=SineBot|optout=Faebot}}", False),
    ("{{bots|deny=Foo}}", True),
    ("{{bots|deny=Foo}}{{bots|deny=Faebot}}", False),
    ("{{bots|deny=Foo}}\n\n{{nobots}}", False),
    ("{{bots|deny=Foo\n,Faebot}}", False),
    ("{{bots|allow=Foo}}{{bots|allow=Faebot}}", False),
    ("{{nobots|}}{{bots|allow=Faebot}}", False),
    ("{{nobots| }}", False),
    ("{{nobots|reason=}}", False),
    ("{{nobots|1=Faebot}}", False),
    ("{{:Template:Nobots}}", False),
    ("{{Template:nobots}}", False),
    ("{{ bots | deny = Faebot }}", False),
    ("{{_bots_|deny=Faebot}}", False),
    ("{{in_use}}", False),
    ("{{In use|time=now}}", False),
    ("{{Inuse|section}}", False),
    ("{{Information|description={{nobots}}}}", False),
    ("{{Information|permission={{bots|deny=Faebot}}}}", False),
    ("{{Information|description=bots and nobots}}", True),
    ("{{robots}}", True),
    ("{{bots list|deny=Faebot}}", True),
    ("text about [[Template:Nobots]]", True),
    ("{{tl|nobots}}", True),
    ("{{bots|deny=Foo" + ", Foo" * 1_000 + "}}", True),
    ("{{bots|allow=Faebot}}" * 51, False),
    ("{{ inuse|" * 100_000 + "}}" * 100_000, False),
    ("{{bots|allow= " + " " * 1_000_000, True),
    ("{{bots|deny=" + "{" * 1_000_000, True),
]


def readings(text: str) -> str:
    """Spell out the three readings and our verdict for a bot called Faebot with the script faebot_hash."""
    verdicts = (
        pywikibot_allows(bots._calls(scan(text)), *NAMES),
        iabot_allows(text, *NAMES),
        cluebot_allows(text, NAMES[0]),
        may_edit(text, NAMES),
    )
    return "".join("Y" if allowed else "-" for allowed in verdicts)


@pytest.mark.parametrize(("text", "expected"), COMPARED)
def test_the_cases_that_were_compared(text: str, expected: str) -> None:
    assert readings(text) == expected


@pytest.mark.parametrize(("text", "expected"), MORE, ids=range(len(MORE)))
def test_more_cases(text: str, expected: bool) -> None:
    assert may_edit(text, NAMES) is expected


def test_there_are_enough_cases() -> None:
    assert len(COMPARED) == 45
    assert len(COMPARED) + len(MORE) >= 80


@pytest.mark.parametrize("text", [text for text, _ in (*COMPARED, *MORE)], ids=range(len(COMPARED + MORE)))
@pytest.mark.spec("3.4")
def test_never_an_edit_where_one_of_the_three_refuses(text: str, counted: Counted) -> None:
    said = readings(text)
    assert said[3] == "-" or said[:3] == "YYY"
    counted("E5", 1, "exclusion cases")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{bots|deny=Faebot}}", False),
        ("{{bots|deny=PracticeBot}}", False),
        ("{{bots|allow=PracticeBot}}", True),
        # Another account cannot claim the leave that Faebot was given.
        ("{{bots|allow=Faebot}}", False),
        ("{{bots|denyscript=Faebot}}", False),
        ("{{nobots|Faebot}}", False),
        ("{{bots|deny=Foo}}", True),
    ],
)
def test_an_account_of_another_name(text: str, expected: bool) -> None:
    assert may_edit(text, ("PracticeBot", "Faebot", "faebot_hash")) is expected


def test_an_account_with_a_blank_in_its_name() -> None:
    assert not cluebot_allows("{{bots|deny=my_bot}}", "My bot")
    assert not cluebot_allows("{{bots|deny=mybot}}", "My bot")
    assert cluebot_allows("{{bots|deny=my-bot}}", "My bot")


class PageAsPywikibotReadsIt:
    """What ``_check_bot_may_edit`` needs of a page, with the templates as Pywikibot finds them."""

    site = SimpleNamespace(
        username=lambda: NAMES[0],
        get_edit_restricted_templates=lambda: (),
        get_archived_page_templates=lambda: (),
    )

    def __init__(self, text: str) -> None:
        self.text = text

    def templatesWithParams(self) -> list[tuple[SimpleNamespace, list[str]]]:  # noqa: N802 - Pywikibot's name
        """Find the templates with Pywikibot's own parser, and list the parameters in its order."""
        from pywikibot import textlib

        found = []
        for name, parameters in textlib.extract_templates_and_params(self.text, True, True):
            title = name.strip("_ ").replace("_", " ").removeprefix(":").strip()
            if title.lower().startswith("template:"):
                title = title[len("template:") :].strip()
            title = title[:1].upper() + title[1:]
            unnamed = sorted(key for key in parameters if key.isdigit())
            listed = [parameters[key] for key in unnamed]
            listed += [f"{key}={parameters[key]}" for key in sorted(parameters) if not key.isdigit()]
            found.append((SimpleNamespace(title=lambda with_ns, title=title: title), listed))
        return found


@pytest.mark.parametrize("text", [text for text, _ in (*COMPARED, *MORE) if len(text) < 10_000])
def test_pywikibot_itself_reads_the_same(text: str) -> None:
    from pywikibot.page import BasePage

    page = PageAsPywikibotReadsIt(text)
    assert pywikibot_allows(bots._calls(scan(text)), *NAMES) == BasePage._check_bot_may_edit(page, NAMES[1])
