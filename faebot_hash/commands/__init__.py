"""The subcommands of ``python -m faebot_hash``, a module each.

Each has ``add(commands)``, which adds its parser and sets ``run_command``: a function that takes the options
and gives an exit status, None for 0. ``__main__`` lists the modules in the order of the help.
"""

from __future__ import annotations

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
