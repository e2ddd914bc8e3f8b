"""A camera for tests of live views and recordings: real H.264, received as it would be."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.view.subscribers import Subscribers
from tests.vision.stream.coded import RATE, encoded, packed, received


@functools.cache
def units(count: int = 100, codec: str = "h264", key_every: int = 25) -> tuple[AccessUnit, ...]:
    """25 a second, a keyframe each second."""
    return tuple(received(codec, packed(codec, encoded(codec, count, key_every=key_every))))


class Camera:
    """`film(n)` receives so many more pictures; its clock runs with them."""

    def __init__(self, codec: str = "h264", count: int = 1600) -> None:
        self.now = 1_000_000.0
        self.subscribers = Subscribers(PacketRing(), lambda: self.now)
        self._coming: Iterator[AccessUnit] = iter(units(count, codec))

    def film(self, count: int) -> None:
        for _ in range(count):
            self.now += 1 / RATE
            self.subscribers.add(next(self._coming))


class RecordedOutput:
    """Stores the events and segments that a worker would have sent."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.parts: list[tuple[bool, list[Any] | None, bytes]] = []

    def send(self, word: str, blob: bytes = b"", **more: Any) -> None:
        assert not blob
        self.said.append((word, more))

    def send_segment(self, view: int, blob: bytes, *, key: bool, init: list[object] | None) -> None:
        assert view
        self.parts.append((key, init, blob))

    def last(self, word: str) -> dict[str, Any] | None:
        return next((more for said, more in reversed(self.said) if said == word), None)
