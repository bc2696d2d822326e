"""Why something is passed over: a closed list, each with its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why something is passed over: a sentence, whether a later run may fare better, and the rule.

    ``rule`` is the number in ``docs/review_spec.md``, to which people can hold the bot.
    """

    def __init__(self, sentence: str, retry_later: bool, rule: str) -> None:
        self.sentence = sentence
        self.retry_later = retry_later
        self.rule = rule

    # a picture
    UNSUPPORTED_FORMAT = ("not a JPEG, PNG, GIF, WebP or TIFF picture", False, "2.1")
    MULTIPAGE = ("several pages, of which only the first has a thumbnail", False, "2.2")
    TRUNCATED = ("the picture ends before its last row", False, "2.3")
    MALFORMED = ("the bytes do not follow their format", False, "2.4")
    TOO_LARGE = ("more pixels or bytes than may be decoded", False, "2.5")
    UNSUPPORTED_MODE = ("a colour mode that cannot be turned into grey", False, "2.6")
    DECODER_DIED = ("the decoding process died or ran out of time, twice", False, "2.7")
    LOW_INFORMATION = ("flat or nearly flat: its hashes say nothing", False, "1.9")
    # a download
    NO_THUMBNAIL = ("the wiki offers no thumbnail", False, "2.8")
    UNREADABLE = ("the download failed", True, "2.9")
    THUMBNAIL_SIZE_REFUSED = ("the media host refuses this thumbnail width", False, "2.10")
    HOST_NOT_ALLOWED = ("the address is on a host that is not allowed", False, "2.11")
    WRONG_DOWNLOAD = ("the bytes are not those that the wiki announces", True, "2.12")
    # a file page
    MISSING = ("the page or the file is gone", False, "3.2")
    REDIRECT = ("the page is a redirect", False, "3.3")
    BOTS_EXCLUDED = ("the page asks bots not to edit it", False, "3.4")
    CROSS_LINKED = ("the page names, or is named by, another file of the set", False, "3.8")
    DERIVATIVE = ("the page says that the file is a derivative or a retouched version", False, "3.7")
    OTHER_VERSIONS = ("the page shows other versions or a gallery", False, "3.9")
    DELETION_PENDING = ("the page is marked as a duplicate or for deletion", False, "3.5")
    ALREADY_TAGGED = ("the page is in the category already", False, "3.6")
    REMOVED_BY_HUMAN = ("somebody took our tag away", False, "3.12")
    PARTNER_EXPLAINED = ("every other file of the set is a known version", False, "3.10")
    JUDGED_APART = ("people judged that it is no duplicate", False, "3.15")
    EDITED_SINCE = ("somebody edited the page after us", False, "7.8")
    NO_PARTNER = ("no other file of the set is left", False, "3.11")
    UNSAFE_TEXT = ("the tag cannot be added without touching other text", False, "3.13")
    # a family of files in the home category
    NO_HASH_KEY = ("its sort key in the category is no hash", False, "4.6")
    PARTNER_UNTAGGED = (
        "its look-alike is there, but not in the category: people must settle it",
        False,
        "4.7",
    )
    PARTNER_UNKNOWN = ("nothing tells any more which files it looked like", False, "4.8")
    OVERWRITTEN = ("the file was overwritten since it was found", False, "4.5")
    NOT_IDENTICAL = ("no other file of its family is the very same picture", False, "4.4")
    NO_KEEPER = ("the scores name no file to keep, so people must choose", False, "5.5")
    # a file that is not nominated for deletion
    NOMINATION_OFF = ("nominations are switched off", True, "6.2")
    KEEPER_NOMINATED = ("the file to keep is nominated or marked itself", False, "6.4")
    NAMED_KEEPER = ("another nomination names it as the file to keep", False, "6.5")
    LAST_COPY = ("no other copy would be left", False, "6.3")
    HAS_VERSIONS = ("the file has older versions, which a deletion would take along", False, "6.10")
    ASSESSED = ("a featured, quality or valued picture", False, "6.8")
    PROTECTED = ("the page is protected", False, "6.9")
    USED_ELSEWHERE = ("other wikis use the file", False, "6.11")
    USE_UNKNOWN = ("the wiki does not tell whether others use the file", True, "6.12")
    DIFFERENT_TYPE = ("the copy to keep is of another file type", False, "6.13")
    DIFFERENT_SIZE = ("the copy to keep has another width or height", False, "6.14")
    DIFFERENT_LICENCE = ("the two pages give different licences", False, "6.15")
    DIFFERENT_AUTHOR = ("the two pages name different authors", False, "6.16")
    DRAWN = ("a diagram, a map or another picture made with a computer", False, "6.17")
    KEPT = ("its talk page tells of a decision to keep it", False, "6.6")
    OPTED_OUT = ("its uploader does not want this bot", False, "6.7")
    # a slice
    NO_SLICE = ("the file gives no slice of this kind", False, "1.2")
    TOO_FEW_HITS = ("fewer than two files", False, "1.3")
    TOO_MANY_HITS = ("too many files to list, and no way to split the search", False, "1.4")
    INCOMPLETE_SEARCH = ("the search answered with a warning or not with everything", True, "1.5")
    UNCHANGED = ("done before, and nothing new since", False, "1.6")
    TOO_MANY_PAIRS = ("more near matches than people could look at: lower the tolerance", False, "9.2")
    # a file of a study
    NOT_SMALLER = ("the original is not wider than the thumbnail", False, "9.7")
    STUDIED_ALREADY = ("the study has this very file already", False, "9.8")


@dataclass(frozen=True)
class Skipped:
    """Something passed over: ``what`` is a title, a path or a slice key, ``detail`` what was seen."""

    what: str
    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.reason.sentence}" + (f" ({self.detail})" if self.detail else "")
