"""What the compiled loops of the extra ``scale`` share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

Ints = npt.NDArray[np.int64]

compiled = njit(nogil=True, cache=True)
"""Compile at first use for the processor at hand and keep that on disk.

What is compiled lets go of Python's lock, so threads run it side by side. Loops that call each other stay in
one file: Numba compiles a loop anew when its own file has changed, whatever became of another one.
"""


@intrinsic  # type: ignore[untyped-decorator]
def count_bits(_: Any, value: Any) -> Any:
    """Count the set bits of an unsigned 64-bit number: one instruction, which loops turn into vectors."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code
