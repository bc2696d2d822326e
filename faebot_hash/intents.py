"""The journal's row for an edit, made before anything is asked or sent."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace

from faebot_hash.edits import Kind, PageEdit, Proposal
from faebot_hash.ports import Intent


def intent_of(proposal: Proposal, run: str) -> Intent:
    """Plan the edit of a file page, with the files that it speaks of."""
    planned = planned_edit(proposal.edit, proposal.kind, proposal.edit.page.title, run)
    partners = tuple((witness.page_id, witness.sha1) for witness in proposal.witnesses)
    return replace(planned, file_sha1=proposal.file.sha1, partners=partners)


def planned_edit(edit: PageEdit, kind: Kind, title: str, run: str) -> Intent:
    """Plan the edit of any page; its random token goes into the summary, so the history has it."""
    return Intent(
        token=secrets.token_hex(6),
        page_id=edit.page.page_id,
        title=title,
        baserevid=edit.page.revid,
        file_sha1="",
        new_text_sha1=hashlib.sha1(edit.new_text.encode(), usedforsecurity=False).hexdigest(),
        kind=str(kind),
        run=run,
    )
