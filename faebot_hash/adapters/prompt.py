"""The person at the terminal: asked about each edit, told of errors in words and by the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pywikibot
from pywikibot.bot import BaseBot

from faebot_hash.edits import Proposal
from faebot_hash.errors import FaebotError, SettingsError
from faebot_hash.exit_status import ExitStatus


class Prompt(BaseBot):  # type: ignore[misc]
    """Asks about each edit as Pywikibot's users know it; in a trial about every single one.

    Raises SettingsError where an answer is needed and nobody can give one.
    """

    update_options = {"trial": False}  # noqa: RUF012

    def __init__(self, *, always: bool, trial: bool) -> None:
        super().__init__(always=always and not trial, trial=trial)
        if not (self.opt.always or sys.stdin.isatty() or pywikibot.config.simulate):
            raise SettingsError(
                "nobody can be asked here (no terminal): -simulate, or -always without trial mode"
            )

    def confirm(self, proposal: Proposal) -> bool:
        """Show the change and take an answer; "all" and -always ask no more."""
        self.opt.always = self.opt.always and not self.opt.trial
        if not self.opt.always:
            pywikibot.info(f"\n>>> {proposal.edit.page.title} <<<")
            pywikibot.showDiff(proposal.edit.page.text, proposal.edit.new_text)
            pywikibot.info(f"Edit summary: {proposal.edit.summary}")
        return bool(self.user_confirm("Do you want to accept these changes?"))


@contextmanager
def exit_codes() -> Iterator[None]:
    """End the program as ``exit_status`` tells when a run ends with trouble or Ctrl-C."""
    try:
        yield
    except FaebotError as error:
        pywikibot.error(error)
        sys.exit(error.status)
    except KeyboardInterrupt:
        pywikibot.info("Stopped. What was done is kept, and the next run goes on from here.")
        sys.exit(ExitStatus.INTERRUPTED)
