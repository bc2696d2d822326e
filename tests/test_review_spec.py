"""The rules that people can hold the bot to: document, reasons and tests say the same numbers."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from faebot_hash.reasons import Reason
from tests.practice.places import CHECKOUT
from tests.rulebook import DOCUMENT, Marked, complaints, marked, rules

DOCUMENT_OF_TWO = """\
## 1 Compared

**1.1** Files are compared. ([test](../tests/test_a.py)::test_all)

**1.2** A redirect
is not. `REDIRECT` ([test](../tests/test_a.py)::test_redirects)

## 2 Edited

**2.1** Nothing is edited. ([test](../tests/test_a.py)::test_all,
[test](../tests/test_b.py)::test_nothing)
"""
TESTS = (
    Marked("tests/test_a.py::test_all", ("1.1", "2.1"), frozenset()),
    Marked("tests/test_a.py::test_redirects", ("1.2",), frozenset({"REDIRECT"})),
    Marked("tests/test_b.py::test_nothing", ("2.1",), frozenset()),
)
SECOND = "\n**1.2** Again. ([test](../tests/test_a.py)::test_redirects)\n"


def said(document: str, reasons: dict[str, str], tests: Iterable[Marked]) -> list[str]:
    return list(complaints(document, reasons, {one.test: one for one in tests}))


def test_document_reasons_and_tests_agree() -> None:
    reasons = {reason.name: reason.rule for reason in Reason}
    found = said(DOCUMENT.read_text(encoding="utf-8"), reasons, marked(CHECKOUT / "tests"))
    assert found == []


def test_no_two_reasons_share_a_rule() -> None:
    assert len({reason.rule for reason in Reason}) == len(Reason)


def test_there_are_rules_of_every_kind() -> None:
    found = rules(DOCUMENT.read_text(encoding="utf-8"))
    assert len(found) > len(Reason) + 30
    assert all(rule.text.rstrip().endswith(")") for rule in found), "a rule ends with its tests"


def test_a_document_that_agrees_is_left_in_peace() -> None:
    assert said(DOCUMENT_OF_TWO, {"REDIRECT": "1.2"}, TESTS) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("**1.2** A", "**1.3** A", "section 1 is numbered ['1.1', '1.3']"),
        ("\n## 2", f"{SECOND}\n## 2", "section 1 is numbered ['1.1', '1.2', '1.2']"),
        ("**2.1**", "**3.1**", "rules that are not in the section of their number"),
        ("## 2 Edited", "## 3 Edited", "sections ['1', '3']"),
        ("test_redirects", "test_red", "1.2 is not carried by tests/test_a.py::test_red"),
        ("([test](../tests/test_a.py)::test_redirects)", "", "1.2 has no test"),
        (" `REDIRECT`", "", "REDIRECT has the number 1.2, where nothing tells of it"),
        (
            ",\n[test](../tests/test_b.py)::test_nothing",
            "",
            "tests/test_b.py::test_nothing carries 2.1, which does not link to it",
        ),
        ("`REDIRECT`", "`REDIRECT` `MISSING`", "1.2 tells of MISSING, whose number is None"),
    ],
)
def test_a_planted_fault_in_the_document_is_told(old: str, new: str, complaint: str) -> None:
    assert complaint in said(DOCUMENT_OF_TWO.replace(old, new), {"REDIRECT": "1.2"}, TESTS)


def test_a_reason_with_another_number_is_told() -> None:
    assert said(DOCUMENT_OF_TWO, {"REDIRECT": "1.1"}, TESTS) == [
        "1.2 tells of REDIRECT, whose number is 1.1",
    ]


def test_a_test_that_does_not_name_the_reason_is_told() -> None:
    tests = [*TESTS[:1], Marked(TESTS[1].test, ("1.2",), frozenset({"MISSING"})), TESTS[2]]
    assert said(DOCUMENT_OF_TWO, {"REDIRECT": "1.2"}, tests) == ["1.2: no test of it names REDIRECT"]
