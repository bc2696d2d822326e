"""Whatever goes wrong, no secret comes out: not in logs, errors, summaries, pages or the journal (S2)."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import product
from pathlib import Path

import pytest

from faebot_hash.__main__ import main
from faebot_hash.adapters.commons import Commons
from faebot_hash.adapters.decoder import DecoderProcess
from faebot_hash.adapters.external_links import ReplicaLinks
from faebot_hash.adapters.judgement_desk import JudgementDesk
from faebot_hash.adapters.login_files import refuse_exposed_login
from faebot_hash.adapters.patience import Patience
from faebot_hash.adapters.replica import Replica
from faebot_hash.adapters.store import Store
from faebot_hash.errors import FaebotError
from faebot_hash.images import THUMBNAIL
from faebot_hash.web_settings import WebSettings
from tests.counting import Counted
from tests.fake_wiki.accounts import COOKIE
from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.faults import Fault
from tests.fake_wiki.scene import DUPLICATE, KEEPER
from tests.fake_wiki.world import World
from tests.practice.configuration import BOT_PASSWORD
from tests.scenarios import Bot
from tests.web_world import served

pytest_plugins = ("tests.fake_wiki.fixtures",)

LONG = os.environ.get("FAEBOT_LONG") == "1"
CANARY = "c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry42"
POINTS = list(product(Boundary, Fault))


class Ears:
    """Hears everything that a person or a file might get."""

    def __init__(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self.caplog, self.capfd = caplog, capfd
        self.heard: list[str] = []

    def hear(self, *texts: str) -> None:
        """Take what was said elsewhere."""
        self.heard += texts

    def all(self) -> str:
        """Join it all, and begin anew."""
        out, err = self.capfd.readouterr()
        text = "\n".join([*self.heard, self.caplog.text, out, err])
        self.heard.clear()
        self.caplog.clear()
        return text


@pytest.fixture
def ears(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Ears:
    caplog.set_level(logging.INFO)
    return Ears(caplog, capfd)


def secrets_of(world: World, commons: Commons) -> set[str]:
    """Give what a login on the fake wiki consists of: the password, the session, the tokens."""
    sessions = {cookie.value for cookie in _cookies(commons) if cookie.name == COOKIE}
    tokens = {world.sessions.token(session, kind) for session in sessions for kind in ("csrf", "login")}
    assert sessions
    return {BOT_PASSWORD, *sessions, *(token.removesuffix("+\\") for token in tokens)}


def _cookies(commons: Commons) -> Iterator[object]:
    from pywikibot.comms import http

    yield from http.session.cookies


def test_no_fault_of_an_edit_tells_a_secret(
    world: World, world_commons: Commons, tmp_path: Path, ears: Ears, counted: Counted
) -> None:
    points = POINTS if LONG else random.Random(2).sample(POINTS, len(POINTS) // 10)
    hits = []
    for number, (boundary, fault) in enumerate(points):
        world.reset()
        folder = tmp_path / str(number)
        folder.mkdir()
        bot = Bot(world, world_commons, folder)
        world.at(boundary, fault)
        try:
            ears.hear(*map(repr, bot.tag((DUPLICATE, KEEPER))))
        except FaebotError as error:
            ears.hear("".join(traceback.format_exception(error)))
        world.calm()
        ears.hear(*(f"{row}" for row in bot.rows()))
        ears.hear(*(path.read_bytes().decode("latin-1") for path in folder.iterdir()))
        ears.hear(*(f"{edit}" for edit in world.ledger.edits))
        text = ears.all()
        assert text
        hits += [f"{fault} at {boundary}" for secret in secrets_of(world, world_commons) if secret in text]
    assert hits == []
    counted("S2", len(points), "faults of an edit that tell no secret")


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """Listen on loopback, send everybody the same and hang up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with closing(client):
                    client.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


REFUSAL = b"\xff\x15\x04#28000Access denied for user 'u'@'h' (using password: YES)"
ANSWERS = {
    "nothing": b"",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "noise": bytes(range(256)),
    "refusal": len(REFUSAL).to_bytes(3, "little") + b"\x00" + REFUSAL,
    "half a greeting": b"\x4a\x00\x00\x00\x0a10.11.19-MariaDB\x00",
    "too long": b"\xff\xff\xff\x00" + b"x" * 100,
}
AWAY = {
    "refused": f"mariadb+pymysql://u:{CANARY}@127.0.0.1:1/d",
    "in the query, with an account": f"mariadb+pymysql://u@127.0.0.1:1/d?password={CANARY}",
    "mysql's name": f"mysql+pymysql://u:{CANARY}@127.0.0.1:1/d",
}
MALFORMED = {
    "no database": f"mariadb+pymysql://u:{CANARY}@127.0.0.1:1",
    "another driver": f"mariadb+mysqldb://u:{CANARY}@127.0.0.1:1/d",
    "another database": f"postgresql://u:{CANARY}@127.0.0.1:1/d",
    "no port": f"mariadb+pymysql://u:{CANARY}@127.0.0.1:port/d",
    "an option too many": f"mariadb+pymysql://u:{CANARY}@127.0.0.1:1/d?colour=red",
    "an option of another type": f"mariadb+pymysql://u:{CANARY}@127.0.0.1:1/d?connect_timeout=soon",
    "no scheme": f"u:{CANARY}@127.0.0.1/d",
    "in the query": f"mariadb+mysqldb://127.0.0.1:1/d?password={CANARY}",
    "no slashes": f"mariadb+pymysql:u:{CANARY}@127.0.0.1/d",
}
AT_ONCE = Patience(total_s=0)


def asked_directly(address: str) -> list[Callable[[], object]]:
    """Give what asks the database at an address, without waiting for it."""
    return [
        lambda: Store.open(address, patience=AT_ONCE),
        lambda: Store.open(address, write=False, patience=AT_ONCE),
        lambda: Replica(address, patience=AT_ONCE).lag_s(),
        lambda: Replica(address, patience=AT_ONCE).files(0, 1),
        lambda: ReplicaLinks(address, 1.0).linking("org.", "/", 1),
        lambda: JudgementDesk(address, AT_ONCE).record(()),
    ]


def commands_of(address: str, folder: Path) -> list[Callable[[], object]]:
    """Give commands that read the address from the settings."""
    toml = folder / "faebot.toml"
    toml.write_text(f"[store]\nurl = '{address}'\n[web]\nreplica_url = '{address}'\n", encoding="utf-8")
    given = ["--settings", str(toml)]
    return [
        lambda: main(["runs", *given]),
        lambda: main(["show", "x", *given]),
        lambda: main(["runs", *given, "--set", "store.colour=red"]),
        lambda: main(["runs", *given, "--set", "store.keep_links_days=-1"]),
    ]


def quietly_failing(action: Callable[[], object], ears: Ears) -> None:
    """Do what fails, and listen to the whole of its error."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - a bug of a library must not tell it either
        ears.hear("".join(traceback.format_exception(error, chain=True)), repr(error))


def test_no_fault_of_a_database_tells_its_password(tmp_path: Path, ears: Ears, counted: Counted) -> None:
    actions: list[tuple[str, Callable[[], object]]] = []
    with ExitStack() as stack:
        for name, answer in ANSWERS.items():
            port = stack.enter_context(server(answer))
            address = f"mariadb+pymysql://u:{CANARY}@127.0.0.1:{port}/d"
            actions += [(name, action) for action in asked_directly(address)]
        for name, address in {**AWAY, **MALFORMED}.items():
            actions += [(name, action) for action in asked_directly(address)]
        for name, address in MALFORMED.items():
            actions += [(name, action) for action in commands_of(address, _folder(tmp_path / name))]
        for number, (name, action) in enumerate(actions):
            quietly_failing(action, ears)
            assert CANARY not in ears.all(), (name, number)
    counted("S2", len(actions), "faults of a database that tell no secret")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


OPTION_FILES = [
    CANARY,
    f"[client]\n{CANARY}",
    f"[client\npassword={CANARY}",
    f"password={CANARY}",
    f"[client]\npassword={CANARY}\n = x",
    f"[client]\nuser=u\npassword={CANARY}\nport=many",
    f"[mysql]\npassword={CANARY}",
    f"[client]\npassword='{CANARY}",
    f"[client]\npassword={CANARY}\nhost=host.invalid",
    f"[client]\npassword={CANARY}\n!include {CANARY}",
]
PASSWORD_FILES = [
    CANARY,
    f'("Ann", "{CANARY}"',
    f'("Ann", "{CANARY}",,)',
    f'["Ann", "{CANARY}"]',
    f'("{CANARY}",)',
    f'("a", "b", "c", "d", "{CANARY}")',
    f'("Ann", BotPassword("{CANARY}"))',
    f'("Ann", BotPassword("a", "b", "{CANARY}"))',
    f'("Ann", BotPassword("a", "{CANARY}")',
    f'("Ann", {CANARY})',
    f'("Ann", 7, "{CANARY}")',
    f'password = "{CANARY}"',
    f'("Ann", "{CANARY}") # x',
    f'import os\n("Ann", "{CANARY}")',
    f'# Ann\n("Ann" "{CANARY}")',
]


def test_no_malformed_file_tells_its_secret(tmp_path: Path, ears: Ears, counted: Counted) -> None:
    for number, text in enumerate(OPTION_FILES):
        file = tmp_path / f"{number}.my.cnf"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        address = f"mariadb+pymysql://127.0.0.1:1/d?read_default_file={file}"
        quietly_failing(lambda address=address: Store.open(address, write=False, patience=AT_ONCE), ears)  # type: ignore[misc]
        assert CANARY not in ears.all(), text
    for number, text in enumerate(PASSWORD_FILES):
        file = tmp_path / f"{number}.py"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        with pytest.raises(FaebotError) as caught:
            refuse_exposed_login(tmp_path, file.name)
        ears.hear("".join(traceback.format_exception(caught.value)))
        assert CANARY not in ears.all(), text
    counted("S2", len(OPTION_FILES) + len(PASSWORD_FILES), "malformed files that tell no secret")


QUESTIONS = (
    "/",
    "/search?phash=1",
    "/search?phash=x",
    "/pagesearch?page_title=x",
    "/externallinks?el_to_domain_index=https://org.&el_to_path=/",
    "/externallinks?el_to_domain_index=%00",
    "/api/v1/",
    "/api/v1/openapi.json",
    "/nowhere",
    "/health",
)


def test_no_page_of_the_web_service_tells_a_secret(tmp_path: Path, ears: Ears, counted: Counted) -> None:
    address = f"mariadb+pymysql://u:{CANARY}@127.0.0.1:1/d"
    settings = WebSettings(replica_url=address)
    asked = 0
    with served(tmp_path, settings=settings, session_key=CANARY, links=True) as world:
        world.app.config.update(SECRET_KEY=CANARY)
        for question in QUESTIONS:
            for method in ("get", "post"):
                answer = getattr(world.client, method)(question, headers={"Cookie": "session=forged"})
                ears.hear(answer.get_data(as_text=True), str(answer.headers))
                assert CANARY not in ears.all(), question
                asked += 1
    counted("S2", asked, "answers of the web service that tell no secret")


def test_no_process_is_started_with_a_secret(monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    monkeypatch.setenv("TOOL_TOOLSDB_PASSWORD", CANARY)
    with DecoderProcess(THUMBNAIL):
        commands = [
            path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _is_child(path.parent)
        ]
    assert commands
    assert not any(CANARY.encode() in command for command in commands)
    counted("S2", len(commands), "command lines that tell no secret")


def _is_child(process: Path) -> bool:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid()
    except OSError:
        return False
