"""What is to happen at which boundary, each thing once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from tests.fake_wiki.boundaries import Boundary
from tests.fake_wiki.faults import Fault
from tests.fake_wiki.people import HumanAction

Action = HumanAction | Callable[[], None]
Happening = Fault | Action


class Plans:
    """The plans of one scenario."""

    def __init__(self) -> None:
        self._faults: defaultdict[Boundary, list[Fault]] = defaultdict(list)
        self._actions: defaultdict[Boundary, list[Action]] = defaultdict(list)

    def add(self, boundary: Boundary, happening: Happening) -> None:
        """Plan something for the next time that a boundary is reached."""
        if isinstance(happening, Fault):
            self._faults[boundary].append(happening)
        else:
            self._actions[boundary].append(happening)
        lost = Boundary.REPLY_LOST
        if boundary is Boundary.READ_BACK and not (self._faults[lost] or self._actions[lost]):
            # Only an edit whose reply is lost is read back.
            self._faults[lost].append(Fault.RESET)

    def faults(self, boundary: Boundary) -> list[Fault]:
        """Take the faults of a boundary."""
        return self._faults.pop(boundary, [])

    def actions(self, boundary: Boundary) -> list[Action]:
        """Take everything else that is planned there."""
        return self._actions.pop(boundary, [])

    def left(self) -> list[Fault]:
        """List the faults that have not been taken."""
        return [fault for faults in self._faults.values() for fault in faults]
