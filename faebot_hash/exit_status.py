"""What the exit codes of scripts and commands mean, in one table.

Commands that answer a question (``check``, ``check_upload``, ``pairs``) have further codes of their own,
told in their help.
"""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """How a run ended: its code, a sentence, and whether only a person can help."""

    def __new__(cls, code: int, sentence: str, needs_person: bool) -> ExitStatus:
        member = int.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        member.needs_person = needs_person
        return member

    sentence: str
    needs_person: bool

    DONE = (0, "done", False)
    FAILED = (1, "something failed that does not pass by itself; the message says what to do", True)
    SETTINGS = (2, "a setting or an option is wrong; nothing was done", True)
    STOPPED = (3, "the run page says stop", False)
    PERSON = (4, "people or a safeguard want somebody to look: reverts, a block, a message", True)
    AGAIN = (75, "the wiki is away or busy, or another run edits; the next run goes on", False)
    INTERRUPTED = (130, "somebody ended it; the next run goes on", False)
