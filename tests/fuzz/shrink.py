"""A failure's input made small: the latest chunks that are enough, then without the pieces that do not matter."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

PATIENCE_S = 10.0

Fails = Callable[[Sequence[bytes]], bool]


def shrunk(history: Sequence[bytes], fails: Fails) -> Sequence[bytes]:
    """Of the input until the failure, what makes it happen again; nothing when it can't be had alone."""
    end = time.monotonic() + PATIENCE_S
    count = 1
    while not fails(history[-count:]):
        if count >= len(history):
            return ()
        count *= 2
    chunks = list(history[-count:])
    together = [b"".join(chunks)]
    chunks = together if fails(together) else chunks
    chunks = _without(chunks, lambda kept: kept, fails, end)
    for index in range(len(chunks)):
        rest = [chunks[index][at : at + 1] for at in range(len(chunks[index]))]
        kept = _without(rest, _in_place(chunks, index), fails, end)
        chunks[index] = b"".join(kept)
    return chunks


def _in_place(chunks: Sequence[bytes], index: int) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    return lambda kept: [*chunks[:index], b"".join(kept), *chunks[index + 1 :]]


def _without(
    items: Sequence[bytes], whole: Callable[[Sequence[bytes]], Sequence[bytes]], fails: Fails, end: float
) -> list[bytes]:
    """Leaves out runs of items, large ones first, as long as `whole` of the rest still fails."""
    kept, run = list(items), len(items) // 2
    while run and time.monotonic() < end:
        at = 0
        while at < len(kept) and time.monotonic() < end:
            fewer = kept[:at] + kept[at + run :]
            if fails(whole(fewer)):
                kept = fewer
            else:
                at += run
        run //= 2
    return kept
