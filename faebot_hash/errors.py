"""The few exceptions of the package.

::

    FaebotError               the world failed: what, where, and what to do; the run ends and resumes
    ├── SettingsError         config/faebot.toml or an option is wrong: mend it, nothing was done
    ├── WikiError             the wiki refused or could not answer a read
    │   ├── StoppedError      the run page says stop
    │   └── AttentionError    a safeguard wants a person to look first
    ├── NetworkError          our own network seems to fail, so what it shows of others says nothing
    ├── BusyError             another run edits with this account
    ├── TableError            a table of hashes cannot be read, or the result cannot be written
    ├── StoreError            the store is damaged or away, or lies where SQLite is unsafe
    │   └── StoreBusy         another process writes to it, and only one may
    ├── ReplicaError          the copy of the wiki's database cannot be read
    └── DecoderError          the decoding process cannot be started at all
    ImageRejected             one picture cannot be trusted: becomes a ``Skipped`` with its reason

A file or page that is passed over is never an exception but a ``reasons.Skipped``; a bug of ours is a
``ValueError`` and ends with a traceback.
"""

from faebot_hash.exit_status import ExitStatus
from faebot_hash.reasons import Reason


class FaebotError(Exception):
    """The world failed; the message says what, where, and what to do, ``status`` how the program ends."""

    status = ExitStatus.FAILED


class SettingsError(FaebotError):
    """A setting or an option is unknown or has a wrong value."""

    status = ExitStatus.SETTINGS


class WikiError(FaebotError):
    """The wiki could not be read, after the retries that are polite."""

    status = ExitStatus.AGAIN


class StoppedError(WikiError):
    """The run page does not say that the bot may run."""

    status = ExitStatus.STOPPED


class AttentionError(WikiError):
    """A safeguard stopped the run: reverts, a block, a message; a person has to look first."""

    status = ExitStatus.PERSON


class NetworkError(FaebotError):
    """Our own network seems to fail, so the silence of others says nothing of them."""

    status = ExitStatus.AGAIN


class BusyError(FaebotError):
    """Another run edits with this account; two could overwrite each other."""

    status = ExitStatus.AGAIN


class TableError(FaebotError):
    """A table of hashes is no table, or a row of it is wrong and none may be."""


class StoreError(FaebotError):
    """The store cannot be opened or reached, or another process writes to it."""


class StoreBusy(StoreError):  # noqa: N818 - named for what it tells people
    """Another process writes to the store, and SQLite has one writer; once it ends the same will work."""

    status = ExitStatus.AGAIN


class ReplicaError(FaebotError):
    """The copy of the wiki's database cannot be read, or not in time."""

    status = ExitStatus.AGAIN


class DecoderError(FaebotError):
    """The decoding process does not start, so no picture can be judged."""


class ImageRejected(Exception):  # noqa: N818 - a verdict on bytes, not an error of the program
    """Bytes that give no trustworthy picture, with the ``Reason`` and a sentence for the report."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason.sentence}: {self.detail}" if self.detail else self.reason.sentence
