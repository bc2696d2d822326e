"""The numbered rules of ``docs/review_spec.md``, and the tests that carry their numbers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.practice.places import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "review_spec.md"
_SECTION = re.compile(r"^## (\d+) ", re.MULTILINE)
_RULE = re.compile(r"^\*\*(\d+\.\d+)\*\* (.*?)(?=^\*\*\d|^## |\n\n|\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(\.\./(tests/\w+\.py)\)::(\w+)")
_NAME = re.compile(r"`([A-Z][A-Z_]+)`")
_REASON = re.compile(r"\bReason\.([A-Z_]+)")


@dataclass(frozen=True)
class Rule:
    """A rule with the names of its reasons and the tests that it links to, as "file::name"."""

    number: str
    text: str
    reasons: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Marked:
    """A test with the numbers that it carries, and the reasons that it names, itself or by a table."""

    test: str
    numbers: tuple[str, ...]
    reasons: frozenset[str]


def rules(document: str) -> list[Rule]:
    """Read the rules in their order."""
    return [
        Rule(
            number,
            text,
            tuple(_NAME.findall(text)),
            tuple(f"{path}::{name}" for path, name in _LINK.findall(text)),
        )
        for number, text in _RULE.findall(document)
    ]


def sections(document: str) -> list[str]:
    """Give the numbers of the sections."""
    return _SECTION.findall(document)


def marked(folder: Path) -> Iterator[Marked]:
    """Read the tests of a folder that carry numbers, without running them."""
    for path in sorted(folder.glob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "pytest.mark.spec" not in text:
            continue
        tree = ast.parse(text)
        tables = dict(_tables(tree))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and (numbers := _numbers(node)):
                names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                source = ast.unparse(node) + "".join(tables[name] for name in sorted(names & tables.keys()))
                yield Marked(f"tests/{path.name}::{node.name}", numbers, frozenset(_REASON.findall(source)))


def complaints(document: str, reasons: Mapping[str, str], tests: Mapping[str, Marked]) -> Iterator[str]:
    """Say where document, reasons (name → number) and marked tests do not agree, one sentence each."""
    found = rules(document)
    yield from _misnumbered([rule.number for rule in found], sections(document))
    for rule in found:
        yield from _unshown(rule, reasons, tests)
    told = {name for rule in found for name in rule.reasons}
    for name in reasons.keys() - told:
        yield f"{name} has the number {reasons[name]}, where nothing tells of it"
    linked = {(rule.number, test) for rule in found for test in rule.tests}
    carried = {(number, test.test) for test in tests.values() for number in test.numbers}
    for number, test in sorted(carried - linked):
        yield f"{test} carries {number}, which does not link to it"


def _unshown(rule: Rule, reasons: Mapping[str, str], tests: Mapping[str, Marked]) -> Iterator[str]:
    if not rule.tests:
        yield f"{rule.number} has no test"
    shown = [tests[name] for name in rule.tests if name in tests and rule.number in tests[name].numbers]
    for name in sorted(set(rule.tests) - {test.test for test in shown}):
        yield f"{rule.number} is not carried by {name}"
    for name in rule.reasons:
        if reasons.get(name) != rule.number:
            yield f"{rule.number} tells of {name}, whose number is {reasons.get(name)}"
        if not any(name in test.reasons for test in shown):
            yield f"{rule.number}: no test of it names {name}"


def _misnumbered(numbers: list[str], headings: list[str]) -> Iterator[str]:
    if headings != [str(number) for number in range(1, len(headings) + 1)]:
        yield f"sections {headings}"
    for heading in headings:
        here = [number for number in numbers if number.split(".")[0] == heading]
        if here != [f"{heading}.{place}" for place in range(1, len(here) + 1)]:
            yield f"section {heading} is numbered {here}"
    in_order = sorted(numbers, key=lambda number: [int(part) for part in number.split(".")])
    if numbers != in_order or {number.split(".")[0] for number in numbers} != set(headings):
        yield "rules that are not in the section of their number"


def _tables(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        yield from ((one.id, ast.unparse(node)) for one in targets if isinstance(one, ast.Name))


def _numbers(node: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(
        argument.value
        for one in node.decorator_list
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.spec"
        for argument in one.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )
