"""The runs in the journal: list them, show one, take one back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from faebot_hash.adapters.account_lock import only_editor
from faebot_hash.adapters.signals import Shield
from faebot_hash.adapters.store import Store
from faebot_hash.apply import Editor
from faebot_hash.edits import Applied, Outcome, Proposal
from faebot_hash.errors import SettingsError
from faebot_hash.gate import rules_of
from faebot_hash.ports import JournalRow
from faebot_hash.reasons import Skipped
from faebot_hash.report import edit_line, skipped_line, stop_sentence
from faebot_hash.restrictions import rules_left
from faebot_hash.settings import Settings
from faebot_hash.stopping import stop_error
from faebot_hash.undo import undo


def list_runs(store_url: str) -> list[str]:
    """Tell each run in a line, newest first: name, start, and how its edits ended."""
    with Store.open(store_url, write=False) as store:
        return [
            f"{run.name or '(no name)'}  {run.started_at:%Y-%m-%d %H:%M}  "
            + ", ".join(f"{count} {state.lower()}" for state, count in sorted(run.counts.items()))
            for run in store.runs()
        ]


def show_run(store_url: str, run: str) -> list[str]:
    """Tell each edit of a run in a line, oldest first; raises SettingsError when there is no such run."""
    with Store.open(store_url, write=False) as store:
        rows = store.rows(run=run)
    if not rows:
        raise SettingsError(f"the journal knows no run “{run}”; `runs` lists them")
    return [_row_line(row) for row in reversed(rows)]


def undo_run(store_url: str, run: str, settings: Settings, confirm: Callable[[Proposal], bool]) -> list[str]:
    """Take a run's edits back through the same door as any edit, and tell of each page in a line."""
    # Pywikibot wants its settings as soon as it is imported; the other commands do without.
    from faebot_hash.adapters.commons import connect
    from faebot_hash.adapters.sign_off_file import why_not_opened

    wiki = connect(settings)
    shield = Shield()
    lock = only_editor(wiki.account_folder, wiki.family, wiki.user)
    with (
        shield.installed(),
        lock,
        Store.open(store_url) as store,
        store.only_editor(wiki.family, wiki.user),
    ):
        if not store.rows(run=run):
            raise SettingsError(f"the journal knows no run “{run}”; `runs` lists them")
        editor = Editor(
            wiki,
            store,
            confirm,
            run=f"undo-{run}",
            shield=shield,
            interval_s=settings.tagging.edit_interval_s,
            rules=rules_of(settings),
            closed=why_not_opened(wiki, settings, store_url),
            restricted=partial(rules_left, settings, ""),
        )
        editor.settle_open()
        lines = []
        for row, proposed in undo(run, store, wiki):
            done = proposed if isinstance(proposed, Skipped) else editor.apply(proposed)
            lines.append(_undone(row, done, store))
        return lines


def _undone(row: JournalRow, done: Applied | Skipped, store: Store) -> str:
    if isinstance(done, Skipped):
        return skipped_line(done)
    if done.outcome in (Outcome.EDITED, Outcome.NOTHING_TO_DO):
        store.settle(row.intent.token, "UNDONE", detail=f"undone in revision {done.revid}")
    if done.outcome.ends_run:
        raise stop_error(done.outcome, done.detail, stop_sentence(done))
    return edit_line(done)


def _row_line(row: JournalRow) -> str:
    revision = f" revision {row.revid}" if row.revid else ""
    detail = f" ({row.detail})" if row.detail else ""
    page = f"{row.intent.full_title}{revision}{detail}"
    return f"{row.planned_at:%Y-%m-%d %H:%M:%S}  {row.state:8} {row.intent.kind}  {page}"
