"""The thread of one camera: packets to frames, frames through the motion gate, some of them to the recognisers."""

from __future__ import annotations

import time
from contextlib import closing
from threading import Event, Thread

from gateway.errors import BadInput, LinkLost
from gateway.vision.motion.gate import Motion, PixelGate, Sensitivity
from gateway.vision.newest import Newest
from gateway.vision.outbox import Outbox
from gateway.vision.recogniser import View
from gateway.vision.sighting import Sighting, Watch
from gateway.vision.stream.decoder import Decoder, Frame
from gateway.vision.stream.plain import PlainUnits
from gateway.vision.stream.pyav import PyAvSource
from gateway.vision.stream.ring import Ring
from gateway.vision.stream.source import Coding
from gateway.vision.view.crowd import Crowd

PULSE = 1.0
STILL_LOOK = 5.0
"""Seconds between two frames for the recognisers while nothing moves: somebody may stand there."""


class Eye(Thread):
    """Ends when it is told to, or says `lost` when the stream does."""

    def __init__(self, number: int, watch: Watch, outbox: Outbox, frames: Newest[View]) -> None:
        super().__init__(name=f"camera-{number}", daemon=True)
        self._number = number
        self._watch = watch
        self._outbox = outbox
        self._frames = frames
        self._stop = Event()
        self._gate = PixelGate(Sensitivity.of(watch.sensitivity))
        self._recognises = watch.faces or watch.plates
        self._pulse_due = self._look_due = self._still_due = 0.0
        self.latest: Frame | None = None
        self.crowd = Crowd(Ring())

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        why = "the camera's thread failed; the log says how"
        try:
            self._run()
            why = "the stream ended"
        except LinkLost as error:
            why = str(error)
        finally:
            self.crowd.end(why)
            self._tell(self._gate.finish(), self.latest)
            self._outbox.say("lost", watch=self._number, why=why)

    def _run(self) -> None:
        is_file = "://" not in self._watch.source or self._watch.source.startswith("file://")
        with closing(PyAvSource(self._watch.source, loop=is_file, paced=is_file, stop=self._stop)) as source:
            decoder, units = Decoder(source.coding), self._units(source.coding)
            for packet in source.packets():
                if self._stop.is_set():
                    return
                self._pulse()
                if units is not None:
                    self.crowd.add(units.unit(packet))
                if packet.key or self._watch.motion or self._recognises:
                    for frame in decoder.decode(packet):
                        self._see(frame)

    def _units(self, coding: Coding) -> PlainUnits | None:
        """None for what goes into no clip and no live view."""
        try:
            return PlainUnits(coding)
        except BadInput as error:
            self.crowd.end(error.why, "codec")
            return None

    def _pulse(self) -> None:
        now = time.monotonic()
        if now >= self._pulse_due:
            self._pulse_due = now + PULSE
            self._outbox.pulse(self._number)

    def _see(self, frame: Frame) -> None:
        self.latest = frame
        if frame.time < self._look_due <= frame.time + 2 * PixelGate.LOOK:
            return
        self._look_due = frame.time + PixelGate.LOOK
        self._tell(self._gate.see(frame.luma(PixelGate.WIDTH), frame.time), frame)
        if self._recognises:
            self._offer(frame)

    def _offer(self, frame: Frame) -> None:
        now = time.monotonic()
        if self._gate.motion is None and now < self._still_due:
            return
        self._still_due = now + STILL_LOOK
        self._frames.offer(self._number, View(frame, time.time(), now))

    def _tell(self, motion: Motion | None, frame: Frame | None) -> None:
        if motion is None or frame is None or not self._watch.motion:
            return
        now = time.time()
        if motion.end is None:
            box = _pixels(motion.box, frame)
            at = now - (frame.time - motion.start)
            self._outbox.offer(self._number, Sighting("motion.started", at, {"box": box}, frame.jpeg(box=box)))
        else:
            lasted = {"seconds": round(motion.end - motion.start, 1)}
            at = now - max(0.0, frame.time - motion.end)
            self._outbox.offer(self._number, Sighting("motion.ended", at, lasted))


def _pixels(share: tuple[float, float, float, float], frame: Frame) -> tuple[int, int, int, int]:
    width, height = frame.size
    x, y, across, down = share
    return round(x * width), round(y * height), round(across * width), round(down * height)
