"""Write on the wiki how the bot is doing, where that says something new."""

from __future__ import annotations

from pathlib import Path

from faebot_hash.edits import Kind, Published
from faebot_hash.gate import BREAKER_WINDOW
from faebot_hash.parts import Part
from faebot_hash.report_pages import write_parts
from faebot_hash.session import Session
from faebot_hash.status_lines import status_page

SUMMARY = "Faebot tells how it is doing"


def write_status(session: Session, folder: Path | None = None) -> list[Published]:
    """Write the status page in a session that is open; raises WikiError when the wiki stops us."""
    session.begin()
    figures = session.store.figures()
    reverted = {}
    for kind in Kind:
        rows = session.store.rows(kind=kind, state="DONE", newest=BREAKER_WINDOW)
        edits = {row.revid: row.intent.page_id for row in rows if row.intent.page_id}
        if edits and kind is not Kind.REPORT:
            reverted[str(kind)] = len(session.wiki.reverted(edits))
    part = Part("", status_page(figures, reverted))
    return write_parts(session, session.settings.wiki.status_page, [part], SUMMARY, folder)
