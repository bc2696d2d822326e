"""``job``: run a command unattended."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from faebot_hash.adapters.job_process import JobProcess
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.store import Store
from faebot_hash.commands import Commands
from faebot_hash.commands.store_options import store_options, store_url
from faebot_hash.errors import FaebotError, SettingsError
from faebot_hash.exit_status import ExitStatus
from faebot_hash.job_record import CHECKPOINT, JobRecord, code_for_mail, next_record
from faebot_hash.spans import span_of

ABOUT = """\
Run a command unattended, as jobs on Toolforge do:

  python -m faebot_hash job find-noaa -- pwb find_duplicates -collection:noaa -always

Each line that it says becomes a line of JSON with time and job. How it ended is remembered in the store, for
`status`. The exit code is 0 unless a person is needed, so that mail on failure comes only then: a stop by the
run page and a wiki that is away are passed over, unless the last good run is older than --within.
"""

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")
RECORD_PATIENCE_S = 10.0


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "job",
        parents=[store_options()],
        help="run a command unattended",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("name", metavar="NAME", help="what the job is called: a-z, 0-9 and -")
    command.add_argument("--every", default="", metavar="SPAN", help="again and again, as often (10m, 2h)")
    command.add_argument("--within", default="3d", metavar="SPAN", help="when trouble stops to be passing")
    command.add_argument("--log", type=Path, metavar="FILE", help="add to a file, not to standard output")
    command.add_argument("command", nargs="+", metavar="COMMAND", help="after --, with its own options")
    command.set_defaults(run_command=_run)


def _run(options: argparse.Namespace) -> int:
    if not NAME.fullmatch(options.name):
        raise SettingsError(f"“{options.name}” is no name of a job; use up to 52 of a-z, 0-9 and -")
    within = span_of(options.within)
    every = span_of(options.every) if options.every else None
    url = store_url(options)
    job = JobProcess(options.name, options.log)
    while True:
        code = _one_run(job, options.name, options.command, url, within)
        if every is None or job.ending or code:
            return code
        job.rest(every)
        if job.ending:
            return ExitStatus.DONE


def _one_run(job: JobProcess, name: str, command: list[str], url: str, within: timedelta) -> int:
    began = datetime.now(UTC)
    code = job.run(command)
    ended = datetime.now(UTC)
    if job.ending:
        # Whoever ended us does not wait for the store, and needs no mail.
        return ExitStatus.DONE
    record = next_record(None, name, began, ended, code)
    try:
        with Store.open(url, patience=Patience(RECORD_PATIENCE_S)) as store:
            text = store.checkpoint(f"{CHECKPOINT}{name}")
            record = next_record(JobRecord.read(name, text) if text else None, name, began, ended, code)
            store.keep_checkpoint(f"{CHECKPOINT}{name}", record.written)
    except FaebotError as error:
        job.tell(event="not recorded", line=str(error))
    return code_for_mail(record, within)
