"""The documents can be followed: each line of their examples is run here, or named with who runs it instead.

Those of docs/operating.md, which tells of another machine, are run in test_operating; what of them needs a
wiki, here.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from faebot_hash.adapters.login_secrets import login_secrets
from faebot_hash.exit_status import ExitStatus
from tests.desk import PROGRAM, REPLICA, SUBSTITUTED, Desk
from tests.mariadb_server import MariaServer
from tests.practice.places import CHECKOUT
from tests.practice.wiki import PracticeWiki
from tests.replica_views import replica_of

DOCUMENTS = {
    str(path.relative_to(CHECKOUT)): path.read_text(encoding="utf-8")
    for path in [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *sorted(CHECKOUT.glob("docs/*.md"))]
    if path.name != "operating.md"
}
MANUAL = (CHECKOUT / "docs/operating.md").read_text(encoding="utf-8")
SERVE = f"{PROGRAM}serve --settings "
RUN = ("pwb ", PROGRAM, "curl ")
NOT_RUN = {
    "make ": "the pipeline runs `make test`, people the others; test_documented_commands knows the targets",
    "python -m pip install 'faebot_hash[spark]'": "a package index; the extra is looked up below",
    "spark-submit ": "a cluster; test_spark submits the same job, and its options are read below",
}
SHOWN = ('{"path": ', "id_a,id_b,", "1,2,", "client_id = ", "client_secret = ", "session_key = ")
"""What the examples show beside commands: output, and lines of a settings file; each is checked below."""
ENDS = {"pwb check_links": ExitStatus.AGAIN}
"""Exit codes other than 0: no canary can be alive where nothing leaves the machine."""
WRITES = re.compile(r"(?<=[ -])(?:-o |-?-out[ :]|--to |--groups |--json |-csv:|-reports?:)(\S+)")


def examples(text: str) -> list[str]:
    """List a document's indented lines, without prompt, comment and the virtual environment's folder."""
    lines = re.findall(r"^ {4}(.*\S)", text, re.MULTILINE)
    return [re.sub(r"^(?:\$ )?(?:\.venv/bin/(?=python ))?|\s{2,}#.*$", "", line.strip()) for line in lines]


def commands(document: str) -> list[str]:
    return [line for line in examples(DOCUMENTS[document]) if line.startswith(RUN)]


FOLLOWED = [document for document in DOCUMENTS if set(commands(document))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_line_is_run_or_named(document: str) -> None:
    known = (*RUN, *NOT_RUN, *SHOWN)
    assert [line for line in examples(DOCUMENTS[document]) if not line.startswith(known)] == []


@pytest.mark.parametrize("text", [*NOT_RUN, *SHOWN, *SUBSTITUTED, *ENDS])
def test_what_is_named_is_shown(text: str) -> None:
    assert any(text in line for document in (*DOCUMENTS.values(), MANUAL) for line in examples(document))


def test_the_examples_are_found() -> None:
    assert len(FOLLOWED) > 4
    assert len({line for document in FOLLOWED for line in commands(document)}) > 30
    text = "Type\n\n    $ .venv/bin/python -m x 'a # b'   # all\n\nand\n\n    pwb y\n  no\n"
    assert examples(text) == ["python -m x 'a # b'", "pwb y"]


def followed(test: Callable[..., None]) -> Callable[..., None]:
    quiet = pytest.mark.filterwarnings("ignore:Site objects have been created before arguments")
    return pytest.mark.practice(quiet(test))


@pytest.fixture
def desk(wiki: PracticeWiki, tmp_path: Path) -> Iterator[Desk]:
    # A page of reports needs a right that the bot's password does not grant on a fresh wiki.
    wiki.fault("may-create")
    with pytest.MonkeyPatch.context() as patch:
        yield Desk(tmp_path, patch)


def apart(line: str) -> bool:
    """Tell whether a line needs a service or a server beside it; these are run below."""
    return line.startswith(("curl ", SERVE)) or line.endswith(REPLICA)


def together(document: str) -> list[str]:
    return [line for line in commands(document) if not apart(line)]


@followed
@pytest.mark.parametrize("document", [document for document in FOLLOWED if together(document)])
def test_a_document_is_followed_from_top_to_bottom(document: str, desk: Desk) -> None:
    for line in together(document):
        assert desk.type(line) == ENDS.get(line, 0), f"{line}\n{desk.said}"
        for written in WRITES.findall(line):
            assert Path(written).exists(), line


@followed
def test_the_manual_s_commands_that_need_a_wiki_run(desk: Desk) -> None:
    """The others of docs/operating.md are run in test_operating."""
    lines = [line for line in examples(MANUAL) if line.startswith((f"{PROGRAM}doctor", f"{PROGRAM}undo"))]
    assert len(lines) > 3
    for line in ["pwb find_duplicates -collection:fleuron -always", *lines]:
        assert desk.type(line) == 0, f"{line}\n{desk.said}"


@followed
def test_the_replica_s_files_are_hashed_as_shown(
    desk: Desk, wiki: PracticeWiki, mariadb: MariaServer
) -> None:
    (line,) = {line for document in FOLLOWED for line in commands(document) if line.endswith(REPLICA)}
    desk.replica = replica_of(wiki, mariadb)
    assert desk.type(line) == 0
    assert re.search(r"[1-9]\d*  files hashed", desk.said)


@followed
def test_the_service_is_started_and_answers_as_shown(desk: Desk, wiki: PracticeWiki) -> None:
    (start,) = (line for line in commands("docs/web.md") if line.startswith(SERVE))
    asked = [line for line in commands("docs/api.md") if line.startswith("curl ")]
    assert len(asked) == 2
    pictures = (wiki.folder / "images").rglob("Astronaut,_portrait*.jpg")
    shutil.copy(next(path for path in pictures if path.is_file()), "photo.jpg")
    assert desk.type("pwb index_hashes -pages") == 0
    with desk.serving(shlex.split(start)) as service:
        for line in asked:
            assert desk.type(line) == 0
            assert json.loads(desk.said)["matches"], desk.said
    assert service.returncode == 0


@followed
def test_what_is_shown_to_come_out_comes_out(desk: Desk) -> None:
    readme, scale = examples(DOCUMENTS["README.md"]), examples(DOCUMENTS["docs/scale.md"])
    (told,) = (line for line in readme if line.startswith("{"))
    assert desk.type(readme[readme.index(told) - 1]) == 0
    assert list(json.loads(desk.said)) == list(json.loads(told.replace("{…}", "{}")))
    first = scale.index("id_a,id_b,phash_distance,dhash_distance")
    assert desk.type(next(line for line in scale if line.startswith(f"{PROGRAM}pairs "))) == 0
    assert Path("pairs.csv").read_text().splitlines() == scale[first : first + 2]


def test_the_login_s_file_is_read_as_shown(tmp_path: Path) -> None:
    making = re.search(r"# (python -c .*)$", DOCUMENTS["docs/web.md"], re.MULTILINE)
    assert making
    words = [sys.executable, *shlex.split(making[1])[1:]]
    key = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    lines = [line for line in examples(DOCUMENTS["docs/web.md"]) if " = " in line]
    file = tmp_path / "client.toml"
    file.touch(mode=0o600)
    file.write_text("\n".join(lines).replace("…", key))
    assert login_secrets(str(file)).session_key == key


def test_spark_is_an_extra() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["name"] == "faebot_hash"
    assert "spark" in project["optional-dependencies"]


@pytest.mark.long
def test_the_spark_job_takes_its_options() -> None:
    submitted = [line for line in examples(DOCUMENTS["docs/scale.md"]) if line.startswith("spark-submit ")]
    assert len(submitted) == 2
    for line in submitted:
        _, script, *options = shlex.split(line)
        assert (CHECKOUT / script).exists()
        assert import_module("scripts.all_pairs_spark")._parser().parse_args(options).to
