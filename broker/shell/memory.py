"""Memory that is kept: batches of some megabytes come and go many times a second.

Measured: with glibc's defaults each such batch is mapped and unmapped anew, and a quarter of the
broker's time goes to page faults.
"""

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEPT_BYTES = 64 * 2**20


def keep_memory() -> None:
    """Have the allocator keep what batches free; without effect where it is not glibc's."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for option, value in (
        (_MMAP_THRESHOLD, 2**30), (_TRIM_THRESHOLD, 2 * _KEPT_BYTES), (_TOP_PAD, _KEPT_BYTES)
    ):  # fmt: skip
        mallopt(option, value)
