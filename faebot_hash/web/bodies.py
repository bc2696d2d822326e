"""Reads what requests bring along: all of it in memory, and never more than is meant."""

from __future__ import annotations

from io import BytesIO

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from faebot_hash.web.refusals import Refused

MOST_FORM_BYTES = 20_000
"""What a form may hold beside its file."""

MOST_PARTS = 10


def body(most_bytes: int) -> bytes:
    """Read the request's body."""
    request.max_content_length = most_bytes
    try:
        whole = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refused(413, f"at most {most_bytes} bytes") from None
    if not whole:
        raise Refused(400, "the request has no body")
    return whole


def form_with_file(name: str, most_bytes: int) -> tuple[MultiDict[str, str], bytes]:
    """Read a form and the file in one of its fields; b"" where none was chosen.

    A form that is read in the usual way may leave a large file on the disk for a moment.
    """
    if request.mimetype != "multipart/form-data":
        raise Refused(415, "send the form as multipart/form-data")
    parser = FormDataParser(_in_memory, max_form_parts=MOST_PARTS, silent=False)
    whole = body(most_bytes + MOST_FORM_BYTES)
    try:
        parsed = parser.parse(BytesIO(whole), request.mimetype, len(whole), request.mimetype_params)
    except RequestEntityTooLarge:
        raise Refused(413, "the form has too many fields") from None
    except ValueError:
        raise Refused(400, "the form cannot be read") from None
    _, fields, files = parsed
    chosen = files.get(name)
    content = b"" if chosen is None else chosen.stream.read()
    if len(content) > most_bytes:
        raise Refused(413, f"at most {most_bytes} bytes")
    return fields, content


def _in_memory(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> BytesIO:
    return BytesIO()
