"""Look-ups with Numba, the extra ``scale``: the keys and answers of ``lookup``, in one compiled loop."""

from __future__ import annotations

import numpy as np

from faebot_hash.lookup import HashIndex, Hits
from faebot_hash.lookup_kernels import TOO_MANY, find, look_through

_ROOM = 128


def look_up(index: HashIndex, value: int, tolerance_bits: int, each: int) -> Hits:
    """Find rows in one compiled loop, or in another one that looks at all."""
    keys, room = index.keys(tolerance_bits), _ROOM
    asked, tolerance, digits = np.uint64(value), np.uint64(tolerance_bits), index.permutation.digits
    while True:
        found, bits = np.empty(room, index.rows.dtype), np.empty(room, np.uint8)
        count = TOO_MANY
        if keys is not None:
            count = find(
                asked, digits, keys.flips, keys.bands, keys.masks, index.places, index.offsets,
                index.starts, index.rows, tolerance, index.most_candidates, each, found, bits,
            )  # fmt: skip
        if count == TOO_MANY:
            count = look_through(
                asked, digits, index.places, index.starts, index.rows, tolerance, each, found, bits
            )
        if count <= room:
            return found[:count], bits[:count]
        # Most find little; the others are asked once more.
        room = count
