"""Every command within the documents' sentences can be typed; test_followed_documents runs the examples."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Callable, Iterator

import pytest
from pywikibot.pagegenerators import parameterHelp

from faebot_hash.__main__ import COMMANDS, _parser
from faebot_hash.exit_status import ExitStatus
from tests.practice.places import CHECKOUT

DOCUMENTS = [
    CHECKOUT / "README.md",
    CHECKOUT / "CONTRIBUTING.md",
    *sorted((CHECKOUT / "docs").glob("*.md")),
]
MAKEFILE = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
GLOBAL_OPTIONS = " -simulate -help -family -lang -user "
_LINE = re.compile(r"^ {4,}(\S.*)$", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")


def code(text: str) -> Iterator[str]:
    """Give the code within a document's sentences."""
    for span in _SPAN.findall(text):
        yield " ".join(span.split())


def shown(text: str) -> Iterator[str]:
    """Give a document's examples, without comments, and the code within its sentences."""
    for line in _LINE.findall(text):
        yield re.sub(r"\s+#.*$", "", line)
    yield from code(text)


def said(pattern: str, where: Callable[[str], Iterator[str]] = code) -> list[tuple[str, str]]:
    """Give what of the code in all documents matches, with the name of the document."""
    return [
        (path.name, found.strip())
        for path in DOCUMENTS
        for line in where(path.read_text(encoding="utf-8"))
        for found in re.findall(pattern, line)
    ]


MAKE = said(r"\bmake ([a-z][a-z-]*)", shown)
PACKAGE = said(r"python -m faebot_hash ?(.*)")
SCRIPTS = said(r"\bpwb (.*)")
MODULES = said(r"python -m (tests[.\w]*)", shown)


def test_the_documents_show_commands_of_each_kind() -> None:
    assert len(MAKE) > 15
    assert len(PACKAGE) > 5
    assert len(SCRIPTS) > 2
    assert len(MODULES) > 3


@pytest.mark.parametrize(("document", "target"), MAKE)
def test_a_target_is_in_the_makefile_and_in_its_help(document: str, target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), document
    assert target in re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()  # type: ignore[index]


def test_every_target_for_people_is_explained() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    told = re.findall(r'@echo "make ([a-z-]+)', MAKEFILE)
    assert sorted(told) == sorted({*phony[1].split()} - {"help", "install"})


@pytest.mark.parametrize(("document", "module"), MODULES)
def test_a_module_is_there(document: str, module: str) -> None:
    path = CHECKOUT / module.replace(".", "/")
    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), document


@pytest.mark.parametrize(("document", "words"), [(one, words) for one, words in PACKAGE if words])
def test_a_command_of_the_package_can_be_typed(document: str, words: str) -> None:
    """With its options and as many names as it asks for; where a sentence names it alone, it is there."""
    command, *rest = shlex.split(words.replace("…", ""))
    assert command in COMMANDS, document
    if rest:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(argparse.ArgumentParser, "error", _refuse)
            _parser([command]).parse_args([command, *rest])


def _refuse(parser: argparse.ArgumentParser, message: str) -> None:
    raise AssertionError(f"{parser.prog}: {message}")


@pytest.mark.parametrize(("document", "words"), SCRIPTS)
def test_a_script_and_its_options_are_there(document: str, words: str) -> None:
    name, *rest = shlex.split(words)
    if name not in {path.stem for path in (CHECKOUT / "scripts").glob("*.py")}:
        assert re.fullmatch(r"…|SCRIPT", name), f"{document}: {name}"
        return
    script = (CHECKOUT / "scripts" / f"{name}.py").read_text(encoding="utf-8")
    known = (ast.get_docstring(ast.parse(script)) or "") + script + parameterHelp + GLOBAL_OPTIONS
    for option in (word for word in rest if word.startswith("-")):
        assert re.search(rf"{re.escape(option.partition(':')[0])}\b", known), f"{document}: {name} {option}"


@pytest.mark.parametrize(
    "words", ["hash --no-such A", "no-such", "show A B", "nearest 0 --index i --phash-bits x", "undo --run A"]
)
def test_a_command_that_cannot_be_typed_is_noticed(words: str) -> None:
    with pytest.raises(AssertionError):
        test_a_command_of_the_package_can_be_typed("x.md", words)


def test_code_is_read_from_lines_and_sentences() -> None:
    text = "Type `make demo`, then\n\n    make test   # all\n\nor `python -m\nfaebot_hash runs`."
    assert list(code(text)) == ["make demo", "python -m faebot_hash runs"]
    assert list(shown(text)) == ["make test", *code(text)]


def test_the_readme_tells_the_exit_codes() -> None:
    told = re.findall(r"^\| (\d+) \| (.+) \|$", DOCUMENTS[0].read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [(str(one.value), one.sentence) for one in ExitStatus]


def test_the_readme_says_at_once_what_it_is_for_whom_and_how_to_try_it() -> None:
    screen = "\n".join(DOCUMENTS[0].read_text(encoding="utf-8").splitlines()[:20])
    for word in ("finds pictures", "operators", "reviewers", "make demo", "Debian", "Python 3.11"):
        assert word in screen


def test_the_readme_leads_to_every_document() -> None:
    text = DOCUMENTS[0].read_text(encoding="utf-8")
    for path in [*(CHECKOUT / "docs").glob("*.md"), CHECKOUT / "CONTRIBUTING.md", CHECKOUT / "CHANGELOG.md"]:
        assert f"]({path.relative_to(CHECKOUT)})" in text, path.name
