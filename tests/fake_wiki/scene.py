"""The pages that every scenario begins with, and the eighteen actions of people on them."""

from __future__ import annotations

import hashlib

from tests.fake_wiki.people import HumanAction, People
from tests.practice.configuration import BOT

DUPLICATE, KEEPER = "File:Duplicate.jpg", "File:Keeper.jpg"
HOME_CATEGORY = "Faebot identified duplicates"
RUN_PAGE, RUN_WORD = f"User:{BOT}/Run", "yes"
PERSON = "Visitor"

FILE_TEXT = """=={{int:filedesc}}==
{{Information
| description = {{en|1=A motorcycle, seen from the right.}}
| date        = 2001-09-14
| source      = https://www.dvidshub.net/image/100000
| author      = U.S. Air Force photo
}}

=={{int:license-header}}==
{{PD-USGov-Military-Air Force}}

[[Category:Images from DoD uploaded by Fæ]]"""


def build(people: People) -> None:
    """Make the pages: two files that look alike, the run page and the categories."""
    people.edit(f"Category:{HOME_CATEGORY}", "{{Hiddencat}}\nFiles that look like another file.")
    people.edit("Category:Duplicate", "{{Hiddencat}}\nFiles that an administrator may delete.")
    people.edit(RUN_PAGE, RUN_WORD)
    for title in (DUPLICATE, KEEPER):
        people.new_file(title, FILE_TEXT, hashlib.sha1(title.encode(), usedforsecurity=False).hexdigest())
        people.append(title, "\n[[Category:Motorcycles]]", "a category", PERSON)


def act(action: HumanAction, people: People) -> None:
    """Carry out one of the eighteen actions; what is gone or moved already is left alone."""
    try:
        _ACTIONS[action](people)
    except LookupError:
        return


def human(people: People, action: str, title: str, **details: str) -> None:
    """Carry out an action in the words of ``PracticeWiki.human``."""
    text, summary = details.get("text", ""), details.get("summary", "")
    user = details.get("user", "Admin")
    if action == "edit":
        people.edit(title, text, summary, user)
    elif action == "append":
        people.append(title, text, summary, user)
    elif action == "message":
        people.message(title, text)
    elif action == "move":
        people.move(title, details["to"])
    elif action == "upload":
        people.upload(title, path=details["path"])
    elif action == "protect":
        people.protect(title, details.get("level", "sysop"))
    else:
        plain = {
            "revert": people.revert,
            "delete": people.delete,
            "block": people.block,
            "unblock": people.unblock,
        }
        plain[action](title)


def _describe(people: People) -> None:
    text = people.page(DUPLICATE).text
    people.edit(
        DUPLICATE, text.replace("A motorcycle, seen", "A fine motorcycle, seen"), "better words", PERSON
    )


_ACTIONS = {
    HumanAction.REVERT: lambda people: people.revert(DUPLICATE),
    HumanAction.BLANK: lambda people: people.edit(DUPLICATE, "", "blank", PERSON),
    HumanAction.DELETE_DUPLICATE: lambda people: people.delete(DUPLICATE),
    HumanAction.DELETE_KEEPER: lambda people: people.delete(KEEPER),
    HumanAction.MOVE: lambda people: people.move(DUPLICATE, "File:Better name.jpg"),
    HumanAction.MOVE_WITHOUT_REDIRECT: lambda people: people.move(
        DUPLICATE, "File:Better name.jpg", redirect=False
    ),
    HumanAction.PROTECT: lambda people: people.protect(DUPLICATE),
    HumanAction.NOBOTS: lambda people: people.prepend(DUPLICATE, "{{nobots}}\n", "leave it", PERSON),
    HumanAction.BOTS_DENY: lambda people: people.prepend(
        DUPLICATE, f"{{{{bots|deny={BOT}}}}}\n", "leave it", PERSON
    ),
    HumanAction.REVERSE_DUPLICATE: lambda people: people.prepend(
        KEEPER, "{{duplicate|Duplicate.jpg|the other is better}}\n", "the other way round", PERSON
    ),
    HumanAction.DELETION_REQUEST: lambda people: people.prepend(
        DUPLICATE, "{{delete|reason=no source}}\n", "for deletion", PERSON
    ),
    HumanAction.KEEP: lambda people: people.prepend(DUPLICATE, "{{keep}}\n", "keep it", PERSON),
    HumanAction.OVERWRITE_DUPLICATE: lambda people: people.upload(DUPLICATE, user=PERSON),
    HumanAction.OVERWRITE_KEEPER: lambda people: people.upload(KEEPER, user=PERSON),
    HumanAction.UNRELATED_EDIT: _describe,
    HumanAction.ADD_CATEGORY: lambda people: people.append(
        DUPLICATE, "\n[[Category:Vehicles]]", "a category", PERSON
    ),
    HumanAction.STOP_PAGE_OFF: lambda people: people.edit(RUN_PAGE, "no", "stop", PERSON),
    HumanAction.BLOCK_BOT: lambda people: people.block(BOT),
    HumanAction.TALK_MESSAGE: lambda people: people.message("Please stop", "It is wrong.", PERSON),
}
