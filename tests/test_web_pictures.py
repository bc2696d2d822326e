"""Pictures that are sent: hashed in a process apart, never kept, and no burden to others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faebot_hash.adapters.decoders import Decoders
from faebot_hash.errors import DecoderError
from faebot_hash.fingerprint import fingerprint, to_hex
from faebot_hash.images import ORIGINAL, open_picture
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Skipped
from faebot_hash.web.app import create_app
from faebot_hash.web.service import Pictures
from faebot_hash.web.start import DECODERS, HASHED_IN_S, PICTURE
from tests.pictures import png
from tests.web_world import World, served

PHOTO = png(160, 120, b"".join(b"\0" + bytes((x * y // 5 + y) % 256 for x in range(480)) for y in range(120)))
FLAT = png(64, 64, bytes(64 * (1 + 3 * 64)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("web")) as one, Decoders(PICTURE, DECODERS, HASHED_IN_S) as decoders:
        one.app = create_app(replace(one.service, pictures=decoders))
        yield one


def sent(world: World, picture: bytes) -> tuple[int, dict[str, object]]:
    answer = world.client.post("/api/v1/near/picture", data=picture, content_type="application/octet-stream")
    return answer.status_code, answer.get_json()


def test_a_picture_finds_itself(world: World) -> None:
    own = fingerprint(open_picture(PHOTO, ORIGINAL))
    world.put(500, own.phash, own.dhash, "Photo.png")
    status, answer = sent(world, PHOTO)
    assert status == 200
    assert answer["query"] == {
        "phash": to_hex(own.phash),
        "dhash": to_hex(own.dhash),
        "low_information": False,
    }
    (match,) = answer["matches"]
    assert (match["page_id"], match["phash_bits"], match["dhash_bits"]) == (500, 0, 0)


def test_a_flat_picture_finds_nothing(world: World) -> None:
    status, answer = sent(world, FLAT)
    assert (status, answer["matches"]) == (200, [])
    assert answer["query"]["low_information"] is True


@pytest.mark.parametrize(
    "picture",
    [
        b"no picture",
        PHOTO[:200],
        b"%PDF-1.4",
        b"<svg/>",
        png(60_000, 60_000, b""),
        b"GIF89a",
        b"\xff\xd8\xff",
    ],
    ids=["text", "cut", "pdf", "svg", "bomb", "gif", "jpeg"],
)
def test_what_is_no_picture_is_refused(world: World, picture: bytes) -> None:
    status, answer = sent(world, picture)
    assert (status, list(answer)) == (422, ["error"])
    assert sent(world, PHOTO)[0] == 200


def test_nothing_of_a_picture_is_kept(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    canary = PHOTO + b"canary of the picture"
    assert sent(world, canary)[0] == 200
    folder = Path(str(world.service.index._folder)).parent  # type: ignore[attr-defined]
    kept = [path for place in (folder, tmp_path) for path in place.rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if b"canary of the picture" in path.read_bytes()] == []


class Occupied:
    """Pictures that nobody has time for."""

    def fingerprint(self, picture: bytes) -> Fingerprint | Skipped:
        """Refuse."""
        raise DecoderError("all decoding processes are busy")


def test_no_process_free_is_told(world: World) -> None:
    occupied: Pictures = Occupied()
    client = create_app(replace(world.service, pictures=occupied)).test_client()
    answer = client.post("/api/v1/near/picture", data=PHOTO, content_type="image/png")
    assert (answer.status_code, list(answer.get_json())) == (503, ["error"])
    assert int(answer.headers["Retry-After"]) > 0


def test_several_threads_share_the_processes() -> None:
    own = fingerprint(open_picture(PHOTO, ORIGINAL))
    with Decoders(PICTURE, 2, 30.0) as decoders:
        results: list[Fingerprint | Skipped] = []
        threads = [
            threading.Thread(target=lambda: results.append(decoders.fingerprint(PHOTO))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [own] * 8
