"""``status``: tell how the bot is doing."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from faebot_hash.adapters.store import Store
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import store_options, store_url
from faebot_hash.errors import SettingsError
from faebot_hash.status_lines import metrics, status_json, status_lines


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "status",
        parents=[store_options()],
        help="tell how the bot is doing",
        description="Tell what the store holds, how the jobs and the last runs ended, and what waits.",
    )
    command.add_argument("--json", action="store_true", help="tell it as a JSON object")
    command.add_argument(
        "--metrics", type=Path, metavar="FILE", help="write it for Prometheus' node exporter (text form)"
    )
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> None:
    with Store.open(store_url(options), write=False) as store:
        figures = store.figures()
    if options.metrics:
        _write_whole(options.metrics, metrics(figures))
    if options.json:
        print(json.dumps(status_json(figures), ensure_ascii=False, indent=2))
    elif not options.metrics:
        print("\n".join(status_lines(figures)))


def _write_whole(path: Path, text: str) -> None:
    """Write so that whoever reads the file never sees half of it."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.rename(path)
    except OSError as error:
        raise SettingsError(f"--metrics {path}: {error.strerror}") from error
