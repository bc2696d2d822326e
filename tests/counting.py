"""What tests of promises call to tell how much they have tried."""

from __future__ import annotations

from collections.abc import Callable

Counted = Callable[[str, int, str], None]
"""The fixture ``counted``: promise, number, of what."""
