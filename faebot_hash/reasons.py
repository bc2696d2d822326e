"""Why something is passed over: a closed list, each with its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why something is passed over: a sentence for people, and whether a later run may fare better."""

    def __init__(self, sentence: str, retry_later: bool) -> None:
        self.sentence = sentence
        self.retry_later = retry_later

    # a picture
    UNSUPPORTED_FORMAT = ("not a JPEG, PNG, GIF, WebP or TIFF picture", False)
    MULTIPAGE = ("several pages, of which only the first has a thumbnail", False)
    TRUNCATED = ("the picture ends before its last row", False)
    MALFORMED = ("the bytes do not follow their format", False)
    TOO_LARGE = ("more pixels or bytes than may be decoded", False)
    UNSUPPORTED_MODE = ("a colour mode that cannot be turned into grey", False)
    DECODER_DIED = ("the decoding process died or ran out of time, twice", False)
    LOW_INFORMATION = ("flat or nearly flat: its hashes say nothing", False)
    # a download
    NO_THUMBNAIL = ("the wiki offers no thumbnail", False)
    UNREADABLE = ("the download failed", True)
    THUMBNAIL_SIZE_REFUSED = ("the media host refuses this thumbnail width", False)
    HOST_NOT_ALLOWED = ("the address is on a host that is not allowed", False)
    WRONG_DOWNLOAD = ("the bytes are not those that the wiki announces", True)
    # a file page
    MISSING = ("the page or the file is gone", False)
    REDIRECT = ("the page is a redirect", False)
    BOTS_EXCLUDED = ("the page asks bots not to edit it", False)
    CROSS_LINKED = ("the page names, or is named by, another file of the set", False)
    DERIVATIVE = ("the page says that the file is a derivative or a retouched version", False)
    OTHER_VERSIONS = ("the page shows other versions or a gallery", False)
    DELETION_PENDING = ("the page is marked as a duplicate or for deletion", False)
    ALREADY_TAGGED = ("the page is in the category already", False)
    REMOVED_BY_HUMAN = ("somebody took our tag away", False)
    PARTNER_EXPLAINED = ("every other file of the set is a known version", False)
    EDITED_SINCE = ("somebody edited the page after us", False)
    NO_PARTNER = ("no other file of the set is left", False)
    UNSAFE_TEXT = ("the tag cannot be added without touching other text", False)
    # a family of files in the home category
    NO_HASH_KEY = ("its sort key in the category is no hash", False)
    PARTNER_UNTAGGED = (
        "the file it looked like is there, but not in the category: for people to settle",
        False,
    )
    PARTNER_UNKNOWN = ("nothing tells any more which files it looked like", False)
    OVERWRITTEN = ("the file was overwritten since it was found", False)
    NOT_IDENTICAL = ("no other file of its family is the very same picture", False)
    NO_KEEPER = ("the scores name no file to keep, so people must choose", False)
    # a file that is not nominated for deletion
    NOMINATION_OFF = ("nominations are switched off", True)
    KEEPER_NOMINATED = ("the file to keep is nominated or marked itself", False)
    NAMED_KEEPER = ("another nomination names it as the file to keep", False)
    LAST_COPY = ("no other copy would be left", False)
    HAS_VERSIONS = ("the file has older versions, which a deletion would take along", False)
    ASSESSED = ("a featured, quality or valued picture", False)
    PROTECTED = ("the page is protected", False)
    USED_ELSEWHERE = ("other wikis use the file", False)
    USE_UNKNOWN = ("the wiki does not tell whether others use the file", True)
    DIFFERENT_TYPE = ("the copy to keep is of another file type", False)
    DIFFERENT_SIZE = ("the copy to keep has another width or height", False)
    DIFFERENT_LICENCE = ("the two pages give different licences", False)
    DIFFERENT_AUTHOR = ("the two pages name different authors", False)
    DRAWN = ("a diagram, a map or another picture made with a computer", False)
    KEPT = ("its talk page tells of a decision to keep it", False)
    OPTED_OUT = ("its uploader does not want this bot", False)
    # a slice
    NO_SLICE = ("the file gives no slice of this kind", False)
    TOO_FEW_HITS = ("fewer than two files", False)
    TOO_MANY_HITS = ("too many files to list, and no way to split the search", False)
    INCOMPLETE_SEARCH = ("the search answered with a warning or not with everything", True)
    UNCHANGED = ("done before, and nothing new since", False)
    TOO_MANY_PAIRS = ("more near matches than people could look at: lower the tolerance", False)
    # a file of a study
    NOT_SMALLER = ("the original is not wider than the thumbnail", False)
    STUDIED_ALREADY = ("the study has this very file already", False)


@dataclass(frozen=True)
class Skipped:
    """Something passed over: ``what`` is a title, a path or a slice key, ``detail`` what was seen."""

    what: str
    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.reason.sentence}" + (f" ({self.detail})" if self.detail else "")
