"""Nothing writes to a wiki but the one POST of the adapter, and nothing calls that but ``apply``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

WRITING = frozenset(
    {
        *(
            "edit",
            "editpage",
            "save",
            "put",
            "put_async",
            "put_current",
            "userPut",
            "touch",
            "set_redirect_target",
        ),
        *("upload", "delete", "undelete", "protect", "unprotect", "move", "rollback", "undo_page", "purge"),
        *("change_category", "add_claim", "addClaim", "editEntity", "editLabels", "thank", "blockuser"),
        *("Request", "post"),
    }
)
"""Pywikibot's and the API's ways to write; names that Python's own types share are told apart below."""

READING = ("query", "wbgetentities")
"""The API's actions that only read."""

ALLOWED = {
    ("faebot_hash/apply.py", "self.wiki.edit"),
    # fingerprints into the store
    ("faebot_hash/samples.py", "self.store.put"),
    ("faebot_hash/thumbnails.py", "self.store.put"),
    # pictures in memory
    ("faebot_hash/frames.py", "picture.save"),
    ("faebot_hash/scaler.py", "_on_white(small).save"),
    ("faebot_hash/scaler.py", "small.save"),
    # queues
    ("faebot_hash/adapters/decoders.py", "self._free.put"),
    ("faebot_hash/adapters/vetted.py", "answered.put"),
    # the search index, on disk, and a database that was only read
    ("faebot_hash/adapters/index_files.py", "np.save"),
    ("faebot_hash/adapters/index_reader.py", "connection.rollback"),
    ("faebot_hash/commands/follow.py", "index.save"),
    ("faebot_hash/commands/serve.py", "index.save"),
}
"""The door itself, and what writes elsewhere than to a wiki."""


def write_calls(source: str) -> Iterator[str]:
    """Name every call in a source that could write to a wiki."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        reads = bool(node.args) and _says(node.args[0], "GET")
        if isinstance(node.func, ast.Attribute) and node.func.attr in WRITING and not reads:
            yield name
        if name == "http.request" or _says(keywords.get("method"), "POST"):
            yield name
        parses = name.endswith(".add_argument")
        if (
            "action" in keywords
            and not parses
            and not any(_says(keywords["action"], read) for read in READING)
        ):
            yield f"{name}(action=…)"


def _says(value: ast.expr | None, word: str) -> bool:
    return isinstance(value, ast.Constant) and value.value == word


def found() -> set[tuple[str, str]]:
    """List the write calls of the package and the scripts with their files."""
    paths = [*(ROOT / "faebot_hash").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]
    return {
        (path.relative_to(ROOT).as_posix(), name)
        for path in paths
        for name in write_calls(path.read_text(encoding="utf-8"))
    }


def test_there_is_one_door() -> None:
    posts = {("faebot_hash/adapters/commons.py", "http.request")}
    assert found() - ALLOWED == posts
    assert found() >= ALLOWED


def test_apply_is_the_only_one_to_knock() -> None:
    assert [one for one in found() if one[1].endswith("wiki.edit")] == [
        ("faebot_hash/apply.py", "self.wiki.edit")
    ]


@pytest.mark.parametrize(
    "planted",
    [
        "page.save(summary='x')",
        "page.put('text')",
        "site.editpage(page)",
        "self._wiki.edit(edit, 'summary')",
        "site.simple_request(action='edit', title='x').submit()",
        "site.simple_request(action='rollback')",
        "api.Request(site=site, parameters={})",
        "http.request(site, method='POST')",
        "session.post(url)",
        "page.change_category(old, new)",
    ],
)
def test_a_planted_write_is_found(planted: str) -> None:
    assert list(write_calls(planted))
