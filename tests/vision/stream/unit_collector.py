"""A listener that stores what it receives, and a poller for the time of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from gateway.errors import LinkLost
from gateway.vision.stream.polling.rtsp_client import RtspClient
from gateway.vision.stream.polling.stream_poller import StreamPoller
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.receiver import MediaTrack

PATIENCE = 20.0


class UnitCollector:
    """`enough` is set after `wanted` units, `over` when the stream is lost."""

    def __init__(self, wanted: int = 30) -> None:
        self.wanted = wanted
        self.media: MediaTrack | None = None
        self.units: list[AccessUnit] = []
        self.why = ""
        self.enough, self.over = Event(), Event()

    def stream_started(self, media: MediaTrack) -> None:
        self.media = media

    def unit_received(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        if len(self.units) >= self.wanted:
            self.enough.set()

    def stream_lost(self, why: LinkLost) -> None:
        self.why = str(why)
        self.over.set()

    def wait(self) -> list[AccessUnit]:
        assert self.enough.wait(PATIENCE), self.why or f"{len(self.units)} units"
        return self.units

    def wait_for_end(self) -> str:
        assert self.over.wait(PATIENCE), f"still there, with {len(self.units)} units"
        return self.why


@contextmanager
def running_poller(**more: float) -> Iterator[StreamPoller]:
    poller = StreamPoller(**more)
    poller.start()
    try:
        yield poller
    finally:
        poller.stop()


def watch(poller: StreamPoller, address: str, wanted: int = 30, **more) -> UnitCollector:
    collector = UnitCollector(wanted)
    poller.add(RtspClient(address, collector, **more))
    return collector
