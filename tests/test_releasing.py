"""What a release rests on: one version, a changelog of one form, a licence, and one way to build."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from faebot_hash import __version__
from tests.practice.places import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
RELEASE = re.compile(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})")
OSI_APPROVED = ("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "GPL-3.0-or-later")


def changelog_faults(text: str) -> list[str]:
    """Say where a changelog leaves the form of Keep a Changelog 1.1, one sentence each."""
    found = []
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if not text.startswith("# Changelog\n"):
        found.append("it does not begin with its title")
    if not headings or headings[0] not in ("Unreleased", "[Unreleased]"):
        found.append("the first section is not Unreleased")
    releases = [(heading, RELEASE.fullmatch(heading)) for heading in headings[1:]]
    found += [f"“{heading}” is no release with its date" for heading, match in releases if not match]
    dates = [match[2] for _, match in releases if match]
    if dates != sorted(dates, reverse=True):
        found.append("the newest release is not the first")
    for section in text.split("\n## ")[1:]:
        name, *kinds = re.findall(r"^(?:### )?(.+)$", section, re.MULTILINE)[:1] + re.findall(
            r"^### (.+)$", section, re.MULTILINE
        )
        found += [f"“{kind}” in {name} is no kind of change" for kind in kinds if kind not in SECTIONS]
        if len(kinds) != len(set(kinds)):
            found.append(f"a kind of change comes twice in {name}")
        if re.search(r"^- ", section.split("\n### ")[0], re.MULTILINE):
            found.append(f"a change in {name} is of no kind")
    return found


def test_the_changelog_has_the_form_of_keep_a_changelog() -> None:
    assert changelog_faults((CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("## [0.1.0] - 2026-01-01\n\n### Added\n\n- x\n", "the first section is not Unreleased"),
        ("## Unreleased\n\n## 0.1.0\n", "“0.1.0” is no release with its date"),
        ("## Unreleased\n\n### New\n\n- x\n", "“New” in Unreleased is no kind of change"),
        ("## Unreleased\n\n- x\n", "a change in Unreleased is of no kind"),
        ("## Unreleased\n\n### Added\n\n### Added\n", "a kind of change comes twice in Unreleased"),
        (
            "## Unreleased\n\n## [0.1.0] - 2026-01-01\n\n## [0.2.0] - 2026-02-01\n",
            "the newest release is not the first",
        ),
    ],
)
def test_another_form_is_noticed(body: str, fault: str) -> None:
    assert changelog_faults(f"# Changelog\n\n{body}") == [fault]


def test_the_version_stands_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert "version" in PROJECT["dynamic"]
    assert metadata.version("faebot_hash") == __version__
    paths = [*(CHECKOUT / "faebot_hash").rglob("*.py"), *(CHECKOUT / "scripts").glob("*.py")]
    named = re.compile(rf"[\"']{re.escape(__version__)}[\"']")
    assert [one.name for one in paths if named.search(one.read_text(encoding="utf-8"))] == ["__init__.py"]


def test_the_licence_is_there_and_free() -> None:
    assert PROJECT["license"] in OSI_APPROVED
    assert PROJECT["license-files"] == ["LICENSE"]
    text = (CHECKOUT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith(f"{PROJECT['license']} License\n\nCopyright (c) 20")
    assert "THE SOFTWARE IS PROVIDED" in text


def scripts_of(pipeline: str) -> dict[str, list[str]]:
    """Read the commands of each job; the file is written in the one way that this understands."""
    jobs: dict[str, list[str]] = {}
    for name, block in re.findall(r"^(\w+):\n((?:  .*\n)+)", pipeline, re.MULTILINE):
        jobs[name] = re.findall(r"^    - (.+)$", block, re.MULTILINE)
    return jobs


def test_the_public_pipeline_runs_what_ci_runs() -> None:
    """By running it, so that there is nothing to keep equal; beside it only what a network is needed for."""
    pipeline = (CHECKOUT / ".gitlab-ci.yml").read_text(encoding="utf-8")
    jobs = scripts_of(pipeline)
    assert jobs.pop("test") == [".ci/run"]
    assert jobs == {"audit": ["make locked", "make audit"]}
    run = (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make .+$", run, re.MULTILINE) == ["make check", "make test"]
    assert "export CI=true" in run
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for command in ("check", "test", "locked", "audit"):
        assert f"\n{command}: " in makefile


def test_the_public_pipeline_names_no_host_but_the_public_ones() -> None:
    pipeline = (CHECKOUT / ".gitlab-ci.yml").read_text(encoding="utf-8")
    image = re.findall(r"^image: (.+)$", pipeline, re.MULTILINE)
    assert image == ["python:3.11-bookworm"], "a name without a host is one of the public registry"
    assert "://" not in pipeline
    assert not re.search(r"index-url|registry|mirror", pipeline, re.IGNORECASE)


def test_the_python_of_the_pipeline_is_that_of_the_project() -> None:
    assert PROJECT["requires-python"] == ">=3.11"
    assert "--python-version 3.11" in (CHECKOUT / "Makefile").read_text(encoding="utf-8")
