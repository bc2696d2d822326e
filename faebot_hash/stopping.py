"""What kind of stop ended a run: it decides the exit code, and so who hears of it."""

from __future__ import annotations

from faebot_hash.edits import Outcome
from faebot_hash.errors import AttentionError, StoppedError, WikiError
from faebot_hash.gate import RUN_PAGE_OPENING


def stop_error(outcome: Outcome, detail: str, sentence: str) -> WikiError:
    """Give the exception to raise, with its sentence, for an outcome that ends the run.

    Who changes the run page knows of the stop; of reverts, a block or a message the operator has to hear.
    """
    if outcome is not Outcome.STOPPED:
        return WikiError(sentence)
    return StoppedError(sentence) if detail.startswith(RUN_PAGE_OPENING) else AttentionError(sentence)
