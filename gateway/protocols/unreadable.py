"""Input that a decoder could not read, for the quarantine."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Text


@dataclass(frozen=True, slots=True)
class UnreadableBytes:
    """A run of bytes that belong to no valid frame, and the reason in both languages."""

    why: Text
    data: bytes
