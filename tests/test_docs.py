"""The documents name things that exist: tests, files, options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)\)(?:::(\w+))?")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    for target, test in LINK.findall(document.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        path = (document.parent / target).resolve()
        assert path.exists(), f"{document.name}: {target}"
        assert not test or f"def {test}(" in path.read_text(encoding="utf-8"), f"{document.name}: {test}"


def test_each_promise_about_editing_names_its_test() -> None:
    text = (ROOT / "docs" / "editing.md").read_text(encoding="utf-8")
    promises = re.findall(r"^- .*?(?=^- |^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(promises) > 15
    assert [one for one in promises if "../tests/test_" not in one] == []


def test_the_readme_names_the_commands_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in re.findall(
        r"(?:^    |`)make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert f"\n{command}:" in makefile, command


def test_each_reason_of_confirming_is_explained() -> None:
    text = (ROOT / "docs" / "confirming.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([A-Z_]{4,})`", text))
    flow = ("confirm", "kept_apart", "objections", "partners", "families", "nominate", "originals")
    code = "".join((ROOT / "faebot_hash" / f"{name}.py").read_text(encoding="utf-8") for name in flow)
    assert told == set(re.findall(r"Reason\.([A-Z_]+)", code))
