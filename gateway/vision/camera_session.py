"""One camera in a worker: passes its access units to subscribers, to the packet ring and to the analysis."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable

from gateway.errors import LinkLost
from gateway.model import Words, as_data
from gateway.vision.camera_recogniser import TimedFrame
from gateway.vision.decode_threads import DecodeThreads
from gateway.vision.frame_analysis import FrameAnalysis
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.send_queue import SendQueue
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.polling.listener import INTERNAL_ERROR
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.receiver import MediaTrack
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.subscribers import Subscribers

ALIVE_INTERVAL = 2.0
"""Seconds between two messages to the gateway that pictures arrive: each wakes both processes."""


class CameraSession:
    """The `UnitListener` of one stream. Its calls take microseconds and never raise.

    `stop_feed` is called once, when this camera's own code failed and no more units are wanted.
    """

    def __init__(
        self,
        number: int,
        config: StreamConfig,
        send_queue: SendQueue,
        frames: LatestFrames[TimedFrame],
        decode_threads: DecodeThreads,
    ) -> None:
        self._number = number
        self._send_queue = send_queue
        self._decode_threads = decode_threads
        self._is_closed = False
        self._alive_due = 0.0
        self._has_keyframe = self._has_picture = False
        """A keyframe has come; and a picture has been decoded."""
        self.subscribers = Subscribers(PacketRing(config.ring_s))
        self.analysis = FrameAnalysis(number, config, self.subscribers, send_queue, frames)
        self.stop_feed: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Start the analysis."""
        self._decode_threads.add(self.analysis, self.fail)

    def close(self) -> None:
        """The gateway no longer wants this stream: end silently, without a `lost` message."""
        self._is_closed = True
        self._decode_threads.remove(self.analysis)
        self.subscribers.end("the camera is not watched any more")

    def is_urgent(self) -> bool:
        """Whether somebody waits for packets now: a subscriber, or the recognisers while something moves."""
        return self.subscribers.has_any or self.analysis.is_urgent

    def stream_started(self, media: MediaTrack) -> None:
        """Needs nothing from `media`: every access unit carries its own format."""

    def unit_received(self, unit: AccessUnit) -> None:
        """Publish and analyse one access unit. Errors end this camera alone."""
        if self._is_closed:
            return
        try:
            self.subscribers.add(unit)
            self.analysis.put(unit)
            if self._has_picture or self._check_picture(unit):
                self._send_alive()
        except Exception:  # noqa: BLE001  a supervisor of one camera: an error would end the thread of all others
            traceback.print_exc()
            self.fail()

    def stream_lost(self, why: LinkLost) -> None:
        """End after the units that still wait have been analysed; the analysis sends `lost`."""
        if not self._is_closed:
            self._is_closed = True
            self.subscribers.end(str(why))
            # The analysis reports the loss after its last sightings, so that they come first.
            self.analysis.end(why)

    def disable_viewing(self, why: str) -> None:
        """Refuse live views and clips of a codec that can only be decoded; the analysis goes on."""
        self.subscribers.end(why, "codec")

    def _check_picture(self, unit: AccessUnit) -> bool:
        self._has_keyframe = self._has_keyframe or (unit.key and not unit.lost)
        self._has_picture = self._has_keyframe and self.analysis.has_picture
        return self._has_picture

    def _send_alive(self) -> None:
        # Only once a picture was decoded: packets alone do not prove that the camera shows anything.
        now = time.monotonic()
        if now >= self._alive_due:
            self._alive_due = now + ALIVE_INTERVAL
            self._send_queue.send_alive(self._number)

    def fail(self, why: Words = INTERNAL_ERROR) -> None:
        """End this camera because its pictures broke the code or can't be decoded. Callable from any thread."""
        if self._is_closed:
            return
        self._is_closed = True
        self._decode_threads.remove(self.analysis)
        self.stop_feed()
        self.subscribers.end(why.en)
        self._send_queue.send("lost", stream=self._number, why=as_data(why), refused=False)
