"""What one camera's packets show: its gates, what they want decoded, and what is told of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from gateway.errors import LinkLost, LoginRefused
from gateway.model import as_data
from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.camera_recogniser import TimedFrame
from gateway.vision.decode_health import DecodeHealth
from gateway.vision.frame_selection import FrameSelector
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.motion.gates import Event, Gates, Want
from gateway.vision.send_queue import SendQueue
from gateway.vision.sighting import Sighting, StreamConfig
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.view.subscribers import Subscribers

_NOTHING, _KEY = Want.NOTHING, Want.KEY
STILL_INTERVAL = 5.0
"""Seconds between two frames for the recognisers while nothing moves: somebody may stand there."""
MAX_BACKLOG, MAX_PENDING_UNITS = 75, 1000
"""Units that wait: from so many on nothing is decoded up to the next keyframe; more than that are not kept."""


class FrameAnalysis:
    """`put`, `ask`, `glance` and `end` may be called from any thread, the rest belongs to one.

    A camera that asks for nothing to be looked for costs no decoding at all.
    """

    def __init__(
        self,
        number: int,
        watch: StreamConfig,
        subscribers: Subscribers,
        send_queue: SendQueue,
        frames: LatestFrames[TimedFrame],
    ) -> None:
        self._number = number
        self._watch = watch
        self._subscribers = subscribers
        self._send_queue = send_queue
        self._frames = frames
        looks = watch.motion or watch.recognises
        self._gates = Gates(watch.sensitivity, watch.layout, follow=watch.recognises) if looks else None
        self._pictures = CameraDecoder(subscribers.units)
        self._wanted = FrameSelector(self._gates, self._pictures) if self._gates else None
        self._waiting: deque[AccessUnit] = deque()
        self._asked: deque[int] = deque()
        self._skips = False
        self._rests = True
        self._why: LinkLost | None = None
        self._still_due = 0.0
        self._jpeg: tuple[float, bytes] = (0.0, b"")
        self._sight = DecodeHealth()
        self.dropped = 0
        """Pictures that were wanted and not decoded, because there was too much to do."""
        self.glances, self.keyframe_check_cpu_s = 0, 0.0
        """Keyframes looked at alone, and the seconds of CPU they took."""

    @property
    def looks(self) -> bool:
        """Whether anything is looked for."""
        return self._gates is not None

    @property
    def has_picture(self) -> bool:
        """Whether a picture has been decoded; True where none is looked at."""
        return self._gates is None or self._sight.has_decoded

    @property
    def is_urgent(self) -> bool:
        """Whether recognisers wait for the next picture."""
        return self._watch.recognises and self._gates is not None and self._gates.moving

    def put(self, unit: AccessUnit) -> None:
        if self._gates is None:
            return
        if len(self._waiting) >= MAX_PENDING_UNITS:
            self.dropped += len(self._waiting)
            self._waiting.clear()
            self._skips = True
        self._waiting.append(unit)

    def glance(self, every: float) -> None:
        """Seconds between two keyframes looked at where the sizes of packets can't tell whether anything moves."""
        if self._gates is not None:
            self._gates.glance = every

    def ask(self, number: int) -> None:
        """For the newest picture; the answer goes to the outbox."""
        self._asked.append(number)

    def end(self, why: LinkLost) -> None:
        """No more units come. What waits is still looked at before it is said."""
        self._why = why

    def steps(self, keys: KeyframeDecoder) -> Iterator[bool]:
        """Each step decodes a picture at most; False where nothing was left to do. Ends with the stream.

        Raises LinkLost when its pictures can't be decoded.
        """
        while True:
            if self._asked:
                self._send_queue.say("picture", self._newest_jpeg(), ask=self._asked.popleft())
                yield True
            elif self._waiting:
                yield from self._take(self._waiting.popleft(), keys)
            elif self._why is not None:
                break
            else:
                yield False
        for event in self._gates.finish() if self._gates else ():
            self._tell(event, None)
        refused = isinstance(self._why, LoginRefused)
        self._send_queue.say("lost", watch=self._number, why=as_data(self._why.why), refused=refused)

    def _take(self, unit: AccessUnit, keys: KeyframeDecoder) -> Iterable[bool]:
        """Of thousands in a second all but a few end here, wanted by nobody."""
        gates, wanted = self._gates, self._wanted
        assert gates is not None, "nothing is put otherwise"
        assert wanted is not None
        want = wanted.want(unit)
        for event in gates.settle(unit.time_s):
            self._tell(event, None)
        if want is not _NOTHING:
            return self._glance(unit, gates, wanted, keys) if want is _KEY else self._look(unit, want, gates, wanted)
        if self._rests and not (unit.key and self._watch.recognises):
            return ()
        return self._rest(unit, keys)

    def _rest(self, unit: AccessUnit, keys: KeyframeDecoder) -> Iterator[bool]:
        """Nothing moves; the recognisers see a keyframe now and then."""
        self._pictures.rest()
        self._rests = True
        if unit.key and self._still_is_due() and self._keeps_up(unit):
            frames = self._pictures.alone(unit, keys)
            self._sight.tried(len(frames), alone=True)
            for frame in frames:
                self._offer(frame, moves=False)
            yield True

    def _glance(self, unit: AccessUnit, gates: Gates, wanted: FrameSelector, keys: KeyframeDecoder) -> Iterator[bool]:
        """At a keyframe alone."""
        self._pictures.rest()
        self._rests = True
        if self._keeps_up(unit):
            began = time.thread_time()
            frames = wanted.alone(unit, keys)
            self._sight.tried(len(frames), alone=True)
            for frame in frames:
                self._see(frame, gates)
            self.glances += 1
            self.keyframe_check_cpu_s += time.thread_time() - began
            yield True

    def _look(self, unit: AccessUnit, want: Want, gates: Gates, wanted: FrameSelector) -> Iterator[bool]:
        """At all pictures."""
        if not self._keeps_up(unit):
            self._pictures.rest()
            return
        self._rests = False
        seen = 0
        for frame in wanted.all(unit, want):
            self._see(frame, gates)
            seen += 1
            yield True
        self._sight.tried(seen)

    def _see(self, frame: DecodedFrame, gates: Gates) -> None:
        if gates.due(frame.time):
            for event in gates.see(
                frame.luma(frame.size[0]), frame.time, whole=not frame.damaged, colours=frame.colours
            ):
                self._tell(event, frame)
            self._offer(frame, moves=gates.moving)

    def _keeps_up(self, unit: AccessUnit) -> bool:
        """Whether there is time for a picture that is wanted; if not, there is none up to the next keyframe."""
        self._skips = len(self._waiting) > MAX_BACKLOG or (self._skips and not unit.key)
        self.dropped += self._skips
        return not self._skips

    def _still_is_due(self) -> bool:
        return self._watch.recognises and time.monotonic() >= self._still_due

    def _offer(self, frame: DecodedFrame, *, moves: bool) -> None:
        """To the recognisers."""
        if self._watch.recognises and (moves or self._still_is_due()):
            self._still_due = time.monotonic() + STILL_INTERVAL
            self._frames.offer(self._number, TimedFrame(frame, self._subscribers.wall(frame.time), time.monotonic()))

    def _tell(self, event: Event, frame: DecodedFrame | None) -> None:
        if self._watch.motion or event.kind.startswith("camera."):
            self._send_queue.offer(self._number, sighting(event, frame, self._subscribers.wall))

    def _newest_jpeg(self) -> bytes:
        """Made anew only when something came since."""
        frame_time = self._subscribers.newest_time
        if frame_time is None:
            return b""
        if self._jpeg[0] != frame_time or not self._jpeg[1]:
            frame = self._pictures.newest()
            self._jpeg = frame_time, frame.jpeg() if frame else b""
        return self._jpeg[1]


def sighting(event: Event, frame: DecodedFrame | None, wall: Callable[[float], float]) -> Sighting:
    """`wall` turns the stream's time into seconds since 1970."""
    if event.end is not None:
        lasted = {"seconds": round(event.end - event.start, 1)}
        return Sighting(event.kind, wall(event.end), {**event.data, **lasted})
    if frame is None or event.box is None:
        return Sighting(event.kind, wall(event.start), dict(event.data), frame.jpeg() if frame else b"")
    box = _pixels(event.box, frame)
    return Sighting(event.kind, wall(event.start), {**event.data, "box": box}, frame.jpeg(box=box))


def _pixels(share: tuple[float, float, float, float], frame: DecodedFrame) -> tuple[int, int, int, int]:
    width, height = frame.size
    x, y, across, down = share
    return round(x * width), round(y * height), round(across * width), round(down * height)
