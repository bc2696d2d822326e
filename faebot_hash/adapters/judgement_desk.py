"""Where people's judgements are written down: the store is open for that moment only."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing

from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.store import Store
from faebot_hash.errors import StoreBusy
from faebot_hash.judgements import Judged

PATIENCE_S = 2.0
"""So long another judgement, or the end of a run, is waited for, while a person waits for the page."""


class JudgementDesk:
    """Writes judgements into the store at an address, from any thread.

    With SQLite it becomes the one process that writes, for that moment; with MariaDB it just writes.
    """

    def __init__(self, address: str, patience: Patience | None = None) -> None:
        self._address = address
        self._patience = patience or Patience(PATIENCE_S)
        # Threads of one process would take each other for a bot.
        self._one_at_a_time = threading.Lock()

    def record(self, rows: Sequence[Judged]) -> None:
        """Keep all of the rows or none; raises StoreBusy while a bot writes, and StoreError."""
        with self._one_at_a_time, closing(self._opened()) as store:
            store.judge(rows)

    def _opened(self) -> Store:
        waits = self._patience.waits()
        while True:
            try:
                return Store.open(self._address, patience=self._patience)
            except StoreBusy as busy:
                if not next(waits, False):
                    raise StoreBusy(
                        "A bot is writing to the store, and this store has one writer at a time: nothing was "
                        "kept. Try again when its run has ended; with MariaDB there is no need to wait."
                    ) from busy
