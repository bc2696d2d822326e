"""Read and edit the text of a file page: categories, templates, files named; change as little as can be.

Nothing here imports mwparserfromhell: it takes 7 s for 16 kB of brackets left open, and anybody may
write such a page. The tests compare the two on every page they have.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from faebot_hash.markup import SEALED, Bracket, Markup, folded, scan, seen, title
from faebot_hash.similar import without_untouched

_NAME_LIMIT = 1_000  # characters; the most that is looked at, with room for blanks and entities
_TITLE_BYTES = 255
_BRACKET = re.compile(r"[\[\]{}]")
_CATEGORY = re.compile(r"[\s_]*category[\s_]*:", re.IGNORECASE)
_FILE = re.compile(r"[\s_]*:?[\s_]*(?:(?:commons|c)[\s_]*:[\s_]*)?(?:file|image|media)[\s_]*:", re.IGNORECASE)
_BARE_FILE = re.compile(r"[^\n\[\]{}|<>#]+\.[A-Za-z0-9]{3,4}")
_NO_TITLE = re.compile(rf"[\n\[\]{{}}|<>{SEALED}]")
_REDIRECT = re.compile(r"\s*#redirect\s*:?\s*\[\[", re.IGNORECASE)
_TEMPLATE_PREFIX = re.compile(
    r"[\s_]*(?:(?:subst|safesubst|msg|msgnw|raw)[\s_]*:[\s_]*)*:?(?:template[\s_]*:)?", re.IGNORECASE
)
_FILLED = re.compile(r"[^\s\x00]")
_NOTHING = frozenset(("-", "–", "—", ".", "?", "n/a", "none", "no", "nil"))
_OTHER_VERSIONS = frozenset(("otherversions", "otherversion"))
_MILITARY_ID = frozenset(("idusmil", "virin"))


@dataclass(frozen=True)
class CategoryLink:
    """A category that a page is in by a link in its own text, with the offsets of the link."""

    name: str
    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Parameter:
    """A template's parameter: its name ("1", "2" … when it has none) and where its value stands.

    A long name that has templates in it is "".
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Template:
    """A template as a page uses it: its name as MediaWiki writes it, without "Template:".

    The name is "" where what is written is longer than a title may be.
    """

    name: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Cut:
    """A piece of text that is taken out: where it began in the old text, and what it was."""

    start: int
    text: str


class Page:
    """A page's text, read once; all questions about it are answered from that reading."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.markup: Markup = scan(text)
        self.templates: tuple[Template, ...] = tuple(self._templates())
        self.categories: tuple[CategoryLink, ...] = tuple(self._categories())

    def value(self, parameter: Parameter, limit: int | None = None) -> str:
        """Give a parameter's value without comments and outer blanks, at most ``limit`` characters of it."""
        end = parameter.end if limit is None else min(parameter.end, parameter.start + limit)
        return seen(self.markup.masked[parameter.start : end]).strip()

    def is_redirect(self) -> bool:
        """Tell whether the text is a redirect."""
        return _REDIRECT.match(seen(self.markup.masked[:_NAME_LIMIT])) is not None

    def in_category(self, names: Collection[str]) -> bool:
        """Tell whether the page is in one of the categories, in any spelling that MediaWiki takes for it."""
        wanted = {title(name) for name in names}
        return any(link.name in wanted for link in self.categories)

    def uses(self, spellings: Collection[str]) -> str:
        """Name a template of the page that is among folded spellings, or "" when there is none."""
        return next((t.name for t in self.templates if folded(t.name) in spellings), "")

    def has_gallery(self) -> bool:
        """Tell whether the page shows a gallery that people made."""
        return "gallery" in self._of_people.markup.elements

    def has_other_versions(self) -> bool:
        """Tell whether a parameter like other_versions says more than "none"."""
        return any(
            _FILLED.search(self.markup.masked, parameter.start, parameter.end) is not None
            and self.value(parameter, 20).casefold() not in _NOTHING
            for template in self.templates
            for parameter in template.parameters
            if folded(parameter.name) in _OTHER_VERSIONS
        )

    def virin(self) -> str | None:
        """Give the military identity (VIRIN): a parameter named so, else the first one of {{ID-USMil}}."""
        named = [p for t in self.templates for p in t.parameters if folded(p.name) == "virin"]
        first = [
            p for t in self.templates if folded(t.name) in _MILITARY_ID for p in t.parameters if p.name == "1"
        ]
        values = (self.value(parameter, _NAME_LIMIT) for parameter in (*named, *first))
        return next((value for value in values if value and "{{" not in value), None)

    @cached_property
    def files(self) -> frozenset[str]:
        """The titles of all files that links, galleries and template parameters name."""
        return frozenset(_name(written) for written in self._files_as_written()) - {""}

    @cached_property
    def plain(self) -> str:
        """The whole text, comments too, with blanks, entities and "%20" as titles have them."""
        return title(self.text)

    @cached_property
    def _of_people(self) -> Page:
        """The page without the galleries of similar files that this bot keeps on it."""
        text = without_untouched(self.text)
        return self if text == self.text else Page(text)

    def mentions(self, name: str, own: str) -> bool:
        """Tell whether the page of the file ``own`` names another file, in any way that a person would see.

        Without its extension a name counts only where a file is expected: file names are often taken
        from the description, which so holds them without meaning the file.
        """
        wanted, own = _file_title(name), _file_title(own)
        if wanted == own or not wanted:
            return False
        page = self._of_people
        if wanted in page.files or wanted.rpartition(".")[0] in page.files:
            return True
        text = page.plain.replace(own, SEALED) if wanted[1:] in own else page.plain
        return _stands_in(wanted, text) or _stands_in(wanted[:1].lower() + wanted[1:], text)

    def _files_as_written(self) -> Iterator[str]:
        for link in self._brackets(is_template=False):
            target = self._slice(link.start + 2, link.pipes[0] if link.pipes else link.end - 2)
            if match := _FILE.match(target):
                yield target[match.end() :].split("#")[0]
        for lines in self.markup.file_lists:
            for line in lines.splitlines():
                name = line.split("|")[0][:_NAME_LIMIT]
                match = _FILE.match(name)
                yield name[match.end() if match else 0 :]
        for template in self.templates:
            for parameter in template.parameters:
                if parameter.end - parameter.start > _NAME_LIMIT:
                    continue
                name = self.value(parameter)
                match = _FILE.match(name)
                if _BARE_FILE.fullmatch(name, match.end() if match else 0):
                    yield name[match.end() if match else 0 :]

    def _brackets(self, is_template: bool) -> Iterator[Bracket]:
        return (bracket for bracket in self.markup.brackets if bracket.is_template == is_template)

    def _slice(self, start: int, end: int) -> str:
        return seen(self.markup.masked[start : min(end, start + _NAME_LIMIT)])

    def _templates(self) -> Iterator[Template]:
        for bracket in self._brackets(is_template=True):
            ends = (*bracket.pipes, bracket.end - 2)
            written = self._slice(bracket.start + 2, ends[0])
            prefix = _TEMPLATE_PREFIX.match(written)
            name = _name(written[prefix.end() if prefix else 0 :])
            yield Template(name, tuple(self._parameters(ends, bracket.equals)))

    def _parameters(self, ends: tuple[int, ...], equals: tuple[int, ...]) -> Iterator[Parameter]:
        unnamed = 0
        signs = iter(equals)
        sign = next(signs, None)
        for start, end in pairwise(ends):
            while sign is not None and sign < start:
                sign = next(signs, None)
            if sign is not None and sign < end:
                yield Parameter(_apart(self._slice(start + 1, sign).strip()), sign + 1, end)
            else:
                unnamed += 1
                yield Parameter(str(unnamed), start + 1, end)

    def _categories(self) -> Iterator[CategoryLink]:
        for link in self._brackets(is_template=False):
            bar = link.pipes[0] if link.pipes else link.end - 2
            target = self._slice(link.start + 2, bar)
            match = _CATEGORY.match(target)
            if match and not _NO_TITLE.search(target, match.end()):
                key = self._slice(bar + 1, link.end - 2).strip() if link.pipes else ""
                yield CategoryLink(title(target[match.end() :]), key, link.start, link.end)


def _name(written: str) -> str:
    """Write a title as MediaWiki does, or "" where it is longer than a title may be."""
    name = title(_apart(written))
    return name if len(name.encode("utf-8", "surrogatepass")) <= _TITLE_BYTES else ""


def _apart(written: str) -> str:
    """Drop a long name with brackets in it, which is no title.

    Where a thousand brackets are in each other's names, all would else be read a hundred times over.
    """
    return "" if len(written) > _TITLE_BYTES and _BRACKET.search(written) else written


# In a set of a thousand files each name is looked for on a thousand pages.
_file_title = lru_cache(maxsize=10_000)(title)


def _stands_in(name: str, text: str) -> bool:
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
            return True
        start = text.find(name, end)
    return False


def virin(text: str) -> str | None:
    """Give the military identity (VIRIN) that a page's templates tell, as written there."""
    return Page(text).virin()


def category_line(name: str, key: str = "") -> str:
    """Write a category link."""
    return f"[[Category:{name}|{key}]]" if key else f"[[Category:{name}]]"


def with_category(text: str, name: str, key: str = "") -> str:
    """Add a category as a last line of its own."""
    return f"{text}\n{category_line(name, key)}" if text else category_line(name, key)


def category_cuts(page: Page, name: str, key: str | None = None) -> tuple[Cut, ...]:
    """Find what to take out so that a page leaves a category: whole lines where the link stands alone.

    With ``key`` only links with that very sort key are meant. Of a last line the newline before it goes.
    """
    cuts: list[Cut] = []
    done = 0
    for link in page.categories:
        if link.name != title(name) or (key is not None and link.key != key):
            continue
        start, end = _line_around(page.text, link)
        start = max(start, done)
        cuts.append(Cut(start, page.text[start:end]))
        done = end
    return tuple(cuts)


def _line_around(text: str, link: CategoryLink) -> tuple[int, int]:
    start = text.rfind("\n", 0, link.start) + 1
    newline = text.find("\n", link.end)
    end = len(text) if newline < 0 else newline
    if text[start : link.start].strip() or text[link.end : end].strip():
        return link.start, link.end
    if newline >= 0:
        return start, newline + 1
    return max(start - 1, 0), end


def without(text: str, cuts: Iterable[Cut]) -> str:
    """Take pieces out of a text."""
    kept, done = [], 0
    for cut in cuts:
        kept.append(text[done : cut.start])
        done = cut.start + len(cut.text)
    return "".join(kept) + text[done:]


def restored(text: str, cuts: Iterable[Cut]) -> str:
    """Put the pieces back that were taken out: the inverse of ``without``."""
    for cut in cuts:
        text = text[: cut.start] + cut.text + text[cut.start :]
    return text
