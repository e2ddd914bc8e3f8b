"""Input that a decoder could not read, for the quarantine."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Said


@dataclass(frozen=True, slots=True)
class UnreadableBytes:
    """A run of bytes that belong to no valid frame, and the reason in both languages."""

    why: Said
    data: bytes
