"""What every test may rely on: the practice wiki, the corpora, and that no test is left out unnoticed."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import address, mariadb  # noqa: F401 - fixtures
from tests.practice.configuration import write_pywikibot_folder
from tests.practice.places import CACHE, CHECKOUT, PracticeWikiError
from tests.practice.server import PhpServer, free_port
from tests.practice.wiki import PracticeWiki
from tests.seeds import FRESH_SEED

IN_CI = os.environ.get("CI") == "true"
CORPORA = Path(os.environ.get("CORPORA_DIR", CHECKOUT.parent / "shared" / "corpora"))
WIKI = pytest.StashKey[PracticeWiki]()
COUNTED = "counted"
# Spark and Java are half a gigabyte, which only make test-long installs.
collect_ignore = [] if os.environ.get("FAEBOT_LONG") == "1" else ["test_spark.py"]
TOLD: Counter[tuple[str, str]] = Counter()


def pytest_configure(config: pytest.Config) -> None:
    """Point Pywikibot at the practice wiki before anything can import it: it reads its settings once."""
    _remove_leftovers()
    # A shell ignores Ctrl-C for what it starts in the background, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wiki = PracticeWiki(CACHE / f"test-{os.getpid()}", port=free_port())
    write_pywikibot_folder(wiki.pywikibot_dir, wiki.server.port)
    os.environ.pop("PYWIKIBOT_NO_USER_CONFIG", None)
    os.environ["PYWIKIBOT_DIR"] = str(wiki.pywikibot_dir)
    config.stash[WIKI] = wiki


def _remove_leftovers() -> None:
    """End and remove the wikis of runs that were killed."""
    for folder in CACHE.glob("test-*/"):
        if not Path("/proc", folder.name.removeprefix("test-")).is_dir():
            PhpServer(folder, 0).stop_leftover()
            shutil.rmtree(folder, ignore_errors=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no wiki behind."""
    shutil.rmtree(config.stash[WIKI].folder, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors: many tests wait for what they have started."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that start servers, the slowest, and keep the full counts for make test-long."""
    slow = {item.path for item in items if {"practice_wiki", "mariadb"} & set(_fixtures(item))}
    items.sort(key=lambda item: item.path not in slow)
    if os.environ.get("FAEBOT_LONG") == "1":
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Report a test of the corpora as unavailable where they are not."""
    if item.get_closest_marker("corpora") and not CORPORA.is_dir():
        pytest.skip(f"unavailable: no corpora at {CORPORA}; name their folder in CORPORA_DIR")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the counts here, for tests may run in several processes."""
    if report.when == "teardown":
        for name, told in report.user_properties:
            if name == COUNTED:
                promise, number, what = told  # type: ignore[misc]
                TOLD[promise, what] += number


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nobody reads the output, a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran."""
    stats = terminalreporter.stats
    for (promise, what), number in sorted(TOLD.items()):
        terminalreporter.write_line(f"{promise:4} {number:>8,} {what}: 0 violations")
    terminalreporter.write_line(f"FAEBOT_SEED={FRESH_SEED} repeats the fresh seed of this run")
    ran = sum(len(stats.get(outcome, [])) for outcome in ("passed", "failed", "xfailed", "xpassed"))
    skipped, deselected = len(stats.get("skipped", [])), len(stats.get("deselected", []))
    verdict = ": a failure, because CI=true" if skipped and IN_CI else ""
    terminalreporter.write_line(f"{ran} tests ran, {skipped} skipped{verdict}, {deselected} deselected")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Give the folder of real files; ask for it together with the marker ``corpora``."""
    return CORPORA


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Callable[[str, int, str], None]:
    """Give what a test of a promise calls at its end: promise, how many of what were without violation."""

    def count(promise: str, number: int, what: str) -> None:
        request.node.user_properties.append((COUNTED, (promise, number, what)))

    return count


@pytest.fixture(scope="session")
def practice_wiki(request: pytest.FixtureRequest) -> Iterator[PracticeWiki]:
    """Serve one practice wiki for the whole run; most tests want ``wiki``."""
    wiki = request.config.stash[WIKI]
    try:
        wiki.start()
    except PracticeWikiError as error:
        pytest.skip(f"unavailable: {error}")
    yield wiki
    wiki.stop()


@pytest.fixture
def wiki(practice_wiki: PracticeWiki) -> PracticeWiki:
    """Give the practice wiki as it was in the beginning."""
    practice_wiki.reset()
    return practice_wiki
