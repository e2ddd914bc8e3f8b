"""Ways to watch a clip for movement, each measured alike: what it found, when it said so, and its CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from gateway.vision.file_motion import FileMotionReader
from gateway.vision.motion.events import MotionEvent
from gateway.vision.motion.gates import MotionGates
from gateway.vision.motion.pixel_gate import PixelGate
from gateway.vision.motion.sensitivity import Sensitivity
from gateway.vision.stream.decoder import PacketDecoder
from gateway.vision.stream.pyav_source import PyAvSource

Span = tuple[float, float]


@dataclass
class Found:
    """Movements as told: start and end, and the clip's time at which each start was told."""

    spans: list[Span] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    cpu: float = 0.0


@dataclass
class Score:
    """Against the truth: events `found` with a start within a second of the true one; `delays` until they were told."""

    events: int = 0
    found: int = 0
    delays: list[float] = field(default_factory=list)
    false: int = 0
    seconds: float = 0.0
    calm: float = 0.0
    cpu: float = 0.0

    def add(self, found: Found, truth: list[Span], seconds: float) -> None:
        self.events += len(truth)
        self.seconds += seconds
        self.calm += seconds - sum(end - start for start, end in truth)
        self.cpu += found.cpu
        for start, end in truth:
            delay = _delay(found, start, end)
            self.found += any(span[0] <= start + LATE and span[1] >= start for span in found.spans)
            self.delays += [] if delay is None else [delay]
        self.false += sum(not any(_touch(span, event) for event in truth) for span in found.spans)


LATE = 1.0
"""Seconds after which an event counts as missed."""
_SLACK = 1.5
"""A motion that goes on for so long after the event still belongs to it."""


def _touch(span: Span, event: Span) -> bool:
    return span[0] <= event[1] + _SLACK and span[1] >= event[0] - _SLACK


def _delay(found: Found, start: float, end: float) -> float | None:
    """From the start of the event to the moment it was told; 0 if something was going on already."""
    for (_, until), told in zip(found.spans, found.told, strict=True):
        if told <= end and until >= start:
            return max(0.0, told - start)
    return None


def ours(path: Path, sensitivity: float = 0.5, blind_interval: float = MotionGates.BLIND_INTERVAL) -> Found:
    """The gates, as `anju try motion` and a live camera drive them."""
    gates = MotionGates(sensitivity, blind_interval=blind_interval)
    return _timed(lambda found: _gated(found, path, gates))


def every_frame(path: Path, sensitivity: float = 0.5) -> Found:
    """The same pixels' gate without the other two: every frame is decoded, five a second are looked at."""
    return _timed(lambda found: _pixels(found, path, PixelGate(Sensitivity.from_level(sensitivity))))


def mixture(path: Path) -> Found:
    """OpenCV as it is usually put together: every frame through MOG2, contours above a least area."""
    return _timed(lambda found: _mixture(found, path))


def _timed(watch: Callable[[Found], None]) -> Found:
    found, began = Found(), time.process_time()
    watch(found)
    found.cpu = time.process_time() - began
    return found


def _gated(found: Found, path: Path, gates: MotionGates) -> None:
    now = 0.0
    with closing(PyAvSource(str(path))) as source:
        watcher = FileMotionReader(gates, source.coding)
        for packet in source.packets():
            now = packet.time
            for event in watcher.add_packet(packet):
                _note(found, event, now)
    for event in gates.finish():
        _note(found, event, now)


def _note(found: Found, event: MotionEvent, now: float) -> None:
    if event.kind == "motion.started":
        found.told.append(now)
    elif event.kind == "motion.ended" and event.end is not None:
        found.spans.append((event.start, event.end))


def _pixels(found: Found, path: Path, pixels: PixelGate) -> None:
    due = 0.0
    with closing(PyAvSource(str(path))) as source:
        decoder = PacketDecoder(source.coding)
        for frame in (frame for packet in source.packets() for frame in decoder.decode(packet)):
            if frame.time < due:
                continue
            due = frame.time + PixelGate.INTERVAL - 1e-3
            told = pixels.update(frame.luma(frame.size[0]), frame.time)
            found.told += [frame.time for each in told if each.motion.end is None]
            found.spans += [(each.motion.start, each.motion.end) for each in told if each.motion.end is not None]
    found.spans += [(each.motion.start, each.motion.end or 0.0) for each in pixels.finish()]


def _mixture(found: Found, path: Path, least: float = 0.0012, quiet: float = 2.0) -> None:
    model, began, last = cv2.createBackgroundSubtractorMOG2(detectShadows=True), None, 0.0
    for now, picture in _frames(path):
        _, mask = cv2.threshold(model.apply(picture), 200, 255, cv2.THRESH_BINARY)
        opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
        contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        moves = any(cv2.contourArea(contour) > least * mask.size for contour in contours)
        if moves and began is None:
            began = now
            found.told.append(now)
        last = now if moves else last
        if began is not None and now - last > quiet:
            found.spans.append((began, last))
            began = None
    found.spans += [(began, last)] if began is not None else []


def _frames(path: Path) -> Iterator[tuple[float, cv2.typing.MatLike]]:
    capture = cv2.VideoCapture(str(path))
    rate, number = capture.get(cv2.CAP_PROP_FPS), 0
    while True:
        more, picture = capture.read()
        if not more:
            return
        yield number / rate, picture
        number += 1
