"""The fresh seed of a run: one for all its processes, told at the end; FAEBOT_SEED repeats a run."""

from __future__ import annotations

import os
import random

FRESH_SEED = int(os.environ.setdefault("FAEBOT_SEED", str(random.SystemRandom().randrange(1 << 32))))
