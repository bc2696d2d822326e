"""Titles that a wiki allows and that mean something else to HTML, to scripts, to addresses or to readers."""

from __future__ import annotations

from faebot_hash.web.names import is_title, title_of

_CORES = (
    '"',
    "'",
    "`",
    "&",
    "\\",
    "=",
    ";",
    ":",
    "/",
    "?",
    "!",
    "*",
    "$",
    "(",
    ")",
    "~",
    "^",
    "@",
    ",",
    '" onerror="alert(1)',
    "' onmouseover='alert(1)",
    '" autofocus onfocus=alert(1) x="',
    "` onload=alert(1) `",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&quot; onclick=alert(1)",
    "&amp;lt;img src=x&amp;gt;",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(document.domain)//",
    "data:text/html,alert(1)",
    "vbscript:msgbox(1)",
    "//evil.test/x",
    "http://evil.test",
    "\\\\evil.test\\x",
    "..",
    "../../etc/passwd",
    "./.",
    "?width=1&x=2",
    "? onx=1",
    "';alert(1);'",
    '";alert(1);"',
    "-alert(1)-",
    "'-alert(1)-'",
    "$(alert(1))",
    "%s%s%n",
    "%(x)s",
    "100%",
    "% 41",
    "expression(alert(1))",
    "url(javascript:alert(1))",
    "@import 'x'",
    "style=x:y",
    "--!",
    "-- ",
    "\\u003cscript",
    "\\x3cscript",
    "＜script＞alert(1)＜/script＞",
    "＂ onx＝1",
    "‹script›",
    "«img src»",
    "\u202etxt.exe",
    "\u2066a\u2069",
    "\u200b",
    "\u200d\u200c",
    "\ufeff",
    "\u2028alert(1)",
    "\u2029",
    "\xad",
    "a\u0301\u0301\u0301",
    "\U0001f4a3",
    "\U000e0041",
    "ﷺ",
    "İıſ",
    "ß" * 60,
    "x" * 200,
    "漢" * 80,
    "csrf",
    "login",
    "constructor",
    "__proto__",
    "None",
    "0",
    "null",
    "undefined",
    "NaN",
)


def _titles() -> list[str]:
    named = (f"{core}.jpg" if number % 2 else f"A {core} b.jpg" for number, core in enumerate(_CORES))
    return [title for title in map(title_of, named) if is_title(title)]


TITLES = tuple(_titles()[:80])
"""80 of them, each as the index has it."""

PLAIN = "An ordinary picture.jpg"

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<!--",
    "]]>",
    "{{7*7}}",
    "{% raw %}",
    "${7*7}",
)
"""What a title cannot be, but a reason, a name or a category might."""
