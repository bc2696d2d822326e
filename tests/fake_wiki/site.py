"""An unpatched Pywikibot site for the fake wiki, beside any other site of the same process."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pywikibot
from pywikibot import family
from pywikibot.site import APISite
from pywikibot.throttle import Throttle

from tests.practice.configuration import BOT, FAMILY

CODE = "fake"
QUICK = {"max_retries": 1, "retry_wait": 0, "retry_max": 0}


class _PatientThrottle(Throttle):
    """Waits on the virtual clock wherever Pywikibot itself would wait for a Retry-After."""

    sleep: Callable[[float], None]

    def checkMultiplicity(self) -> None:  # noqa: N802
        """Share no file with other processes: nobody else knows this wiki."""
        self.process_multiplicity = 1
        self.checktime = math.inf

    def wait(self, seconds: float) -> None:  # type: ignore[override]
        if seconds > 0:
            self.sleep(seconds)


def site_of(port: int, sleep: Callable[[float], None]) -> APISite:
    """Give the site of the fake wiki at a port; its family is "practice", so that it may be edited."""

    class Family(family.Family):
        """The fake wiki on loopback."""

        name = FAMILY
        langs = {CODE: f"127.0.0.1:{port}"}  # noqa: RUF012
        category_redirect_templates = {"_default": ("Category redirect",)}  # noqa: RUF012

        def protocol(self, code: str) -> str:
            """Speak plain HTTP: it never leaves this machine."""
            return "http"

        def scriptpath(self, code: str) -> str:
            """Give the path of api.php."""
            return "/w"

    class FakeSite(APISite):
        """The interface that Pywikibot lets its user choose."""

        _patient: Any = None

        @property
        def throttle(self) -> Throttle:
            """Give the throttle, which waits on the virtual clock."""
            if self._patient is None:
                self._patient = _PatientThrottle(self)
                self._patient.sleep = sleep
            return self._patient

    return pywikibot.Site(CODE, Family(), BOT, interface=FakeSite)


@contextmanager
def quick() -> Iterator[None]:
    """Let Pywikibot try twice and wait not at all, as its settings allow."""
    before = {name: getattr(pywikibot.config, name) for name in QUICK}
    for name, value in QUICK.items():
        setattr(pywikibot.config, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(pywikibot.config, name, value)
