"""Write the parts of a report on the wiki, each only where it says something new."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, takewhile
from pathlib import Path

from faebot_hash.edits import Outcome, Published
from faebot_hash.parts import UNUSED, Part
from faebot_hash.session import Session
from faebot_hash.stopping import stop_error


def write_parts(
    session: Session, title: str, written: Sequence[Part], summary: str, folder: Path | None = None
) -> list[Published]:
    """Write a report, its first page last, so that what it links to is there; tells of each page.

    In ``title`` {account} stands for the account. Parts of an earlier, longer report say so. Pages that the
    account may not make go to ``folder``, or to the terminal, for a person to make. Raises WikiError when
    the wiki stops us.
    """
    title = title.replace("{account}", session.wiki.user)
    done = []
    for part in (*_unused(session, title, len(written)), *reversed(written)):
        published = session.editor.publish(f"{title}{part.suffix}", part.text, summary)
        done.append(published)
        detail = f" ({published.detail})" if published.detail else ""
        session.say(f"{published.title}: {published.outcome.sentence}{detail}")
        if published.outcome is Outcome.CANNOT_CREATE:
            _hand_over(session, published.title, part.text, folder)
        elif published.outcome.ends_run:
            sentence = f"{published.title}: {published.outcome.sentence}{detail}; run again later"
            raise stop_error(published.outcome, published.detail, sentence)
    return done


def _unused(session: Session, title: str, used: int) -> list[Part]:
    suffixes = (f"/{number}" for number in count(max(used, 1) + 1))
    there = takewhile(lambda suffix: session.wiki.exists(f"{title}{suffix}"), suffixes)
    return [Part(suffix, UNUSED) for suffix in there]


def _hand_over(session: Session, title: str, text: str, folder: Path | None) -> None:
    if folder is None:
        session.say(f"Make the page {title} with this text:\n\n{text}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{title.partition(':')[2].replace('/', '-')}.wikitext"
    path.write_text(text, encoding="utf-8")
    session.say(f"Make the page {title} with the text in {path}")
