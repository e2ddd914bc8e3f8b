"""One camera in a worker: what its stream brings goes to who watches it, into the ring, and to be looked at."""

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
from gateway.vision.sighting import StreamConfig
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.polling.listener import INTERNAL_ERROR
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.receiver import MediaTrack
from gateway.vision.view.subscribers import Subscribers

ALIVE_INTERVAL = 2.0
"""Seconds between two words to the gateway that packets arrive: each wakes both processes."""


class CameraSession:
    """A `Listener` of one stream: whoever receives calls it, for microseconds, and is never given an error.

    `cut` is called once, when the camera failed here and nothing more is wanted of it.
    """

    def __init__(
        self,
        number: int,
        watch: StreamConfig,
        send_queue: SendQueue,
        frames: LatestFrames[TimedFrame],
        decode_threads: DecodeThreads,
    ) -> None:
        self._number = number
        self._send_queue = send_queue
        self._decode_threads = decode_threads
        self._over = False
        self._pulse_due = 0.0
        self._has_begun = self._shows = False
        """A keyframe has come; and pictures can be seen."""
        self.subscribers = Subscribers(PacketRing(watch.ring_s))
        self.look = FrameAnalysis(number, watch, self.subscribers, send_queue, frames)
        self.cut: Callable[[], None] = lambda: None

    def open(self) -> None:
        self._decode_threads.add(self.look, self.fail)

    def close(self) -> None:
        """Nobody wants it any more, so nothing more is said of it."""
        self._over = True
        self._decode_threads.remove(self.look)
        self.subscribers.end("the camera is not watched any more")

    def is_urgent(self) -> bool:
        """Whether somebody waits for its packets: who takes them, or recognisers while something moves."""
        return self.subscribers.watched or self.look.is_urgent

    def began(self, media: MediaTrack) -> None:
        """What is in it, its units tell."""

    def unit(self, unit: AccessUnit) -> None:
        if self._over:
            return
        try:
            self.subscribers.add(unit)
            self.look.put(unit)
            if self._shows or self._begins(unit):
                self._pulse()
        except Exception:  # noqa: BLE001  a supervisor of one camera: an error would end the thread of all others
            traceback.print_exc()
            self.fail()

    def lost(self, why: LinkLost) -> None:
        if not self._over:
            self._over = True
            self.subscribers.end(str(why))
            self.look.end(why)

    def disable_viewing(self, why: str) -> None:
        """Only decoded: no clip and no live view can be made of it."""
        self.subscribers.end(why, "codec")

    def _begins(self, unit: AccessUnit) -> bool:
        self._has_begun = self._has_begun or (unit.key and not unit.lost)
        self._shows = self._has_begun and self.look.has_picture
        return self._shows

    def _pulse(self) -> None:
        """Pictures arrive: ones that can be seen, not only packets."""
        now = time.monotonic()
        if now >= self._pulse_due:
            self._pulse_due = now + ALIVE_INTERVAL
            self._send_queue.pulse(self._number)

    def fail(self, why: Words = INTERNAL_ERROR) -> None:
        """Our own code failed over its pictures, in whatever thread; or they can't be decoded."""
        if self._over:
            return
        self._over = True
        self._decode_threads.remove(self.look)
        self.cut()
        self.subscribers.end(why.en)
        self._send_queue.say("lost", watch=self._number, why=as_data(why), refused=False)
