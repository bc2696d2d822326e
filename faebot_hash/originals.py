"""Original files: fetched, checked against what the wiki announces, and read as far as they must be.

Only files of one announced size, turned or not, can be one picture. Each size of a family is read for
itself, and a file that is alone with its size is not even fetched: nothing it holds could make it identical.

Equal files are one file, and equal bytes but for metadata are one picture (``jpeg.stripped_sha1``): such
files make a class, which costs no decoding. Only where a size has several classes do the pixels have to
tell, and then one member of each class is decoded for all, because what is stripped has no part in a digest.

So a body is needed beyond its arrival only while its class is the only one of its size. One such body at
most is held in memory, until a second class comes (then both are decoded) or the files end (then nothing
is). Where the announced types already tell that there will be several classes, nothing is held, and each
first member is decoded as it comes. Files up to ``SMALL_BYTES`` are fetched side by side, larger
ones by themselves, so that few bytes wait in the downloader; none may exceed what the wiki announces.

The default JPEG export decides only between equal pixels, so a file is exported only if it decodes to what
was seen before, and its equal without export is then read once more: of two JPEGs while both are at hand,
else by another download. JPEGs that come to be decoded are hardly ever equal, for metadata twins were found
without. Of other files the first is exported, because twins are common and an export is cheap beside their
decoding.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from faebot_hash.images import ORIGINAL
from faebot_hash.jpeg import stripped_sha1
from faebot_hash.likeness import Digest, Original, outline_px
from faebot_hash.model import FileInfo
from faebot_hash.ports import Digester, DigestStore, Fetcher
from faebot_hash.reasons import Reason, Skipped
from faebot_hash.slices import MIME_TYPES

SMALL_BYTES = 8_000_000

_RETOLD = {
    Reason.TOO_LARGE: Reason.WRONG_DOWNLOAD,  # never asked for with less room than the wiki announces
    Reason.NO_THUMBNAIL: Reason.MISSING,
}


@dataclass(frozen=True)
class OriginalReader:
    """Reads the originals of one family after the other; ``most_bytes`` is the largest that is fetched.

    What is found is kept at once, so that an interrupted run goes on where it stopped; all that a kill can
    cost is the one body that was held.
    """

    fetcher: Fetcher
    digester: Digester
    store: DigestStore
    most_bytes: int

    def read(self, files: Sequence[FileInfo]) -> dict[str, Original | Skipped]:
        """Tell by SHA1 what is known of a family's originals, with digests where only they can tell.

        Nothing is fetched where no other file has the size. What cannot be had, or not be decoded where it
        has to be, is a reason; ``Skipped.what`` is the SHA1, as in the store.
        """
        found: dict[str, Original | Skipped] = {}
        wanted: dict[str, FileInfo] = {}
        for file in files:
            if (why_not := unfit(file, self.most_bytes)) is not None:
                found[file.sha1] = why_not
            else:
                wanted.setdefault(file.sha1, file)
        known = self.store.originals(wanted)
        found |= {sha1: known.get(sha1, Original(sha1, None)) for sha1 in wanted}
        for some in _by_size(wanted):
            if len(some) > 1:
                found |= _Family(self, some, _surely_differ(some.values())).read(known)
        return found

    def fetched(self, files: Iterable[FileInfo]) -> Iterator[tuple[FileInfo, bytes | Skipped]]:
        """Give each file with the very bytes that the wiki announces, or the reason for having none."""
        for batch in _batches(files):
            by_url = {file.url: file for file in batch}
            cap_bytes = max(file.size_bytes for file in batch)
            unanswered = {file.sha1: file for file in batch}
            for url, body in self.fetcher.fetch(by_url, cap_bytes):
                file = unanswered.pop(by_url[url].sha1)
                yield file, _checked(file, body)
            for sha1, file in unanswered.items():
                yield file, Skipped(sha1, Reason.UNREADABLE, "no address of its own")


@dataclass
class _Family:
    """Files of one size while they are read: their classes, the digest of each, and the body that is held.

    A class is named by the stripped SHA1 of its members, or by the SHA1 of a member that has none.
    """

    reader: OriginalReader
    files: Mapping[str, FileInfo]
    surely_differ: bool
    classes: dict[str, dict[str, Original]] = field(default_factory=dict)
    digests: dict[str, Digest | Skipped] = field(default_factory=dict)
    held: dict[str, bytes] = field(default_factory=dict)

    def read(self, known: Mapping[str, Original | Skipped]) -> dict[str, Original | Skipped]:
        """Fetch what is not known, decode what has to be, and tell of every original."""
        failed: dict[str, Original | Skipped] = {}
        for original in (known[sha1] for sha1 in self.files if sha1 in known):
            if isinstance(original, Original):
                self._join(original)
        for file, body in self.reader.fetched(one for sha1, one in self.files.items() if sha1 not in known):
            if isinstance(body, Skipped):
                failed[file.sha1] = body
            else:
                self._take(Original(file.sha1, stripped_sha1(body)), body)
        if len(self.classes) > 1:
            self._catch_up()
        return failed | self._told(self.classes)

    def _join(self, original: Original) -> str:
        name = original.stripped_sha1 or original.sha1
        self.classes.setdefault(name, {})[original.sha1] = original
        if original.digest is not None and (name not in self.digests or original.digest.non_exif_sha1):
            self.digests[name] = original.digest
        return name

    def _take(self, original: Original, body: bytes) -> None:
        """Place an original that has just come, and decode what has to be while its bytes are at hand."""
        name = self._join(original)
        if name not in self.digests:
            self.held.setdefault(name, body)
        if self.surely_differ or len(self.classes) > 1:
            at_hand, self.held = self.held, {}
            for ready, its_body in at_hand.items():
                self._decode(ready, its_body)
            for equal in self._lacking_export():
                if equal in at_hand:
                    self._decode(equal, at_hand[equal])
        self._keep(name)

    def _catch_up(self) -> None:
        """Fetch and decode one of each class that had no need of it, or of its export, before the others."""
        self._read_again([name for name in self.classes if name not in self.digests])
        self._read_again(self._lacking_export())

    def _lacking_export(self) -> list[str]:
        """Name the classes that decode to the same as another, but were not exported."""
        equal = Counter(one.pixel_sha1 for one in self._decoded())
        return [
            name
            for name, one in self.digests.items()
            if isinstance(one, Digest) and equal[one.pixel_sha1] > 1 and not one.non_exif_sha1
        ]

    def _read_again(self, names: Iterable[str]) -> None:
        firsts = {next(iter(self.classes[name])): name for name in names}
        for file, body in self.reader.fetched(self.files[sha1] for sha1 in firsts):
            if isinstance(body, Skipped):
                self.digests[firsts[file.sha1]] = body
            else:
                self._decode(firsts[file.sha1], body)

    def _decode(self, name: str, body: bytes) -> None:
        seen = {one.pixel_sha1 for one in self._decoded()}
        is_stripped_jpeg = name not in self.files
        beside = seen if seen or is_stripped_jpeg else None
        self.digests[name] = self.reader.digester.digest(body, beside)
        self._keep(name)

    def _decoded(self) -> list[Digest]:
        return [one for one in self.digests.values() if isinstance(one, Digest)]

    def _keep(self, name: str) -> None:
        lasting = {
            sha1: one
            for sha1, one in self._told([name]).items()
            if isinstance(one, Original) or not one.reason.retry_later
        }
        self.reader.store.keep_originals(lasting)

    def _told(self, names: Iterable[str]) -> dict[str, Original | Skipped]:
        told: dict[str, Original | Skipped] = {}
        for name in names:
            digest = self.digests.get(name)
            for sha1, original in self.classes[name].items():
                if isinstance(digest, Skipped):
                    told[sha1] = replace(digest, what=sha1)
                else:
                    told[sha1] = replace(original, digest=digest)
        return told


def unfit(file: FileInfo, most_bytes: int) -> Skipped | None:
    """Say why a file is not worth a download."""
    pixels = file.width_px * file.height_px
    if file.mime not in MIME_TYPES:
        return Skipped(file.sha1, Reason.UNSUPPORTED_FORMAT, file.mime)
    if file.size_bytes > most_bytes:
        return Skipped(file.sha1, Reason.TOO_LARGE, f"{file.size_bytes} bytes, at most {most_bytes}")
    if pixels > ORIGINAL.pixels:
        return Skipped(file.sha1, Reason.TOO_LARGE, f"{file.width_px} × {file.height_px} px")
    if not file.url:
        return Skipped(file.sha1, Reason.UNREADABLE, "the wiki gives no address")
    return None


def _by_size(files: Mapping[str, FileInfo]) -> Iterator[dict[str, FileInfo]]:
    """Split a family into files that may be one picture; where a size is unknown, that is all of them."""
    outlines = {sha1: outline_px((file.width_px, file.height_px)) for sha1, file in files.items()}
    if None in outlines.values():
        yield dict(files)
        return
    for outline in dict.fromkeys(outlines.values()):
        yield {sha1: file for sha1, file in files.items() if outlines[sha1] == outline}


def _surely_differ(files: Iterable[FileInfo]) -> bool:
    """Tell whether types and sizes alone rule out that all are equal but for their metadata."""
    looks = {
        (file.mime, file.width_px, file.height_px) if file.mime == "image/jpeg" else file.sha1
        for file in files
    }
    return len(looks) > 1


def _batches(files: Iterable[FileInfo]) -> Iterator[list[FileInfo]]:
    """Put small files together and each large one by itself."""
    by_size = sorted(files, key=lambda file: file.size_bytes)
    small = [file for file in by_size if file.size_bytes <= SMALL_BYTES]
    if small:
        yield small
    for file in by_size[len(small) :]:
        yield [file]


def _checked(file: FileInfo, body: bytes | Skipped) -> bytes | Skipped:
    """Pass on the bytes that the wiki announces: of this length, with this SHA1."""
    if isinstance(body, Skipped):
        return Skipped(file.sha1, _RETOLD.get(body.reason, body.reason), body.detail)
    if len(body) != file.size_bytes:
        return Skipped(file.sha1, Reason.WRONG_DOWNLOAD, f"{len(body)} bytes, not {file.size_bytes}")
    sha1 = hashlib.sha1(body, usedforsecurity=False).hexdigest()
    return body if sha1 == file.sha1 else Skipped(file.sha1, Reason.WRONG_DOWNLOAD, f"SHA1 {sha1}")
