"""What the API answers: the shapes that its modules share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, str]


class ApiError(Exception):
    """An error answer of the API, by its code."""

    def __init__(self, code: str, info: str, retry_after: int | None = None, **more: object) -> None:
        super().__init__(code)
        self.code = code
        self.info = info
        self.retry_after = retry_after
        self.more = more

    def answer(self) -> Answer:
        """Give the whole answer."""
        docref = "See /w/api.php for API usage."
        headers = {"MediaWiki-API-Error": self.code}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        error = {"code": self.code, "info": self.info, **self.more, "docref": docref}
        return Answer({"error": error}, headers)


@dataclass
class Answer:
    """A JSON document and the headers that go with it."""

    document: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def listed(parameters: Parameters, name: str) -> list[str]:
    """Split a parameter that may hold several values."""
    return [value for value in parameters.get(name, "").split("|") if value]


def given(parameters: Parameters, name: str) -> bool:
    """Tell whether a switch is on: the API asks only whether it is there."""
    return name in parameters


def number(parameters: Parameters, name: str) -> int:
    """Read a number, 0 when it is absent."""
    text = parameters.get(name, "")
    if not text:
        return 0
    if not text.lstrip("-").isdecimal():
        raise ApiError("badinteger", f'Invalid value "{text}" for integer parameter "{name}".')
    return int(text)
