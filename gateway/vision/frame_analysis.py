"""Analysis of one camera's packets: runs its gates, decodes what they ask for, and reports what was seen."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator

from gateway.errors import LinkLost, LoginRefused
from gateway.model import as_data
from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.camera_recogniser import TimedFrame
from gateway.vision.decode_health import DecodeHealth
from gateway.vision.frame_selection import FrameSelector
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.motion.events import DecodeRequest, MotionEvent
from gateway.vision.motion.gates import MotionGates
from gateway.vision.motion_sighting import motion_sighting
from gateway.vision.send_queue import SendQueue
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.subscribers import Subscribers

_NOTHING, _KEY = DecodeRequest.NONE, DecodeRequest.KEYFRAME
STILL_INTERVAL = 5.0
"""Seconds between two frames for the recognisers while nothing moves: somebody may stand there."""
MAX_BACKLOG, MAX_PENDING_UNITS = 75, 1000
"""Pending units beyond which nothing is decoded up to the next keyframe; and beyond which all of them are discarded."""


class FrameAnalysis:
    """`put`, `request_jpeg`, `set_keyframe_check_interval` and `end` are for any thread, the rest for one.

    A camera without motion detection and recognisers costs no decoding at all.
    """

    def __init__(
        self,
        number: int,
        config: StreamConfig,
        subscribers: Subscribers,
        send_queue: SendQueue,
        frames: LatestFrames[TimedFrame],
    ) -> None:
        self._number = number
        self._config = config
        self._subscribers = subscribers
        self._send_queue = send_queue
        self._frames = frames
        enabled = config.motion or config.recognises
        self._gates = MotionGates(config.sensitivity, config.layout, follow=config.recognises) if enabled else None
        self._decoder = CameraDecoder(subscribers.units)
        self._selector = FrameSelector(self._gates, self._decoder) if self._gates else None
        self._pending: deque[AccessUnit] = deque()
        self._jpeg_requests: deque[int] = deque()
        self._skips_to_keyframe = False
        self._is_idle = True
        self._end_reason: LinkLost | None = None
        self._still_due = 0.0
        self._jpeg: tuple[float, bytes] = (0.0, b"")
        self._health = DecodeHealth()
        self.dropped = 0
        """Pictures that should have been decoded and were not, for lack of time."""
        self.keyframe_checks, self.keyframe_check_cpu_s = 0, 0.0
        """Keyframes decoded alone to look for motion, and the seconds of CPU they took."""

    @property
    def is_enabled(self) -> bool:
        """Whether this stream is analysed at all."""
        return self._gates is not None

    @property
    def has_picture(self) -> bool:
        """Whether a picture has been decoded; True for a stream that is not analysed."""
        return self._gates is None or self._health.has_decoded

    @property
    def is_urgent(self) -> bool:
        """Whether recognisers wait for the next picture."""
        return self._config.recognises and self._gates is not None and self._gates.is_moving

    def put(self, unit: AccessUnit) -> None:
        """Queue one access unit."""
        if self._gates is None:
            return
        if len(self._pending) >= MAX_PENDING_UNITS:
            self.dropped += len(self._pending)
            self._pending.clear()
            self._skips_to_keyframe = True
        self._pending.append(unit)

    def set_keyframe_check_interval(self, seconds: float) -> None:
        """Between two keyframes that are decoded where packet sizes can't tell whether anything moves."""
        if self._gates is not None:
            self._gates.blind_interval = seconds

    def request_jpeg(self, request: int) -> None:
        """Send the newest picture as a `jpeg` event with this request's number."""
        self._jpeg_requests.append(request)

    def end(self, why: LinkLost) -> None:
        """No more units come. Pending ones are still analysed before `lost` is sent."""
        self._end_reason = why

    def steps(self, keyframes: KeyframeDecoder) -> Iterator[bool]:
        """Does the work in steps of at most one decoded picture. Yields False when nothing is left for now.

        Ends with the stream. Raises LinkLost when its pictures can't be decoded.
        """
        while True:
            if self._jpeg_requests:
                self._send_queue.send("jpeg", self._newest_jpeg(), id=self._jpeg_requests.popleft())
                yield True
            elif self._pending:
                yield from self._process(self._pending.popleft(), keyframes)
            elif self._end_reason is not None:
                break
            else:
                yield False
        for event in self._gates.finish() if self._gates else ():
            self._report(event, None)
        refused = isinstance(self._end_reason, LoginRefused)
        self._send_queue.send("lost", stream=self._number, why=as_data(self._end_reason.why), refused=refused)

    def _process(self, unit: AccessUnit, keyframes: KeyframeDecoder) -> Iterable[bool]:
        # The hot path: of thousands of units a second all but a few end here, because the gates want nothing.
        gates, selector = self._gates, self._selector
        assert gates is not None, "nothing is put otherwise"
        assert selector is not None
        want = selector.decide(unit)
        for event in gates.expire(unit.time_s):
            self._report(event, None)
        if want is not _NOTHING:
            if want is _KEY:
                return self._check_keyframe(unit, gates, selector, keyframes)
            return self._decode_all(unit, want, gates, selector)
        if self._is_idle and not (unit.key and self._config.recognises):
            return ()
        return self._idle(unit, keyframes)

    def _idle(self, unit: AccessUnit, keyframes: KeyframeDecoder) -> Iterator[bool]:
        """Nothing moves: free the decoder, and give the recognisers a keyframe now and then."""
        self._decoder.reset()
        self._is_idle = True
        if unit.key and self._still_is_due() and self._keeps_up(unit):
            frames = self._decoder.decode_alone(unit, keyframes)
            self._health.record(len(frames), keyframe_only=True)
            for frame in frames:
                self._offer(frame, moves=False)
            yield True

    def _check_keyframe(
        self, unit: AccessUnit, gates: MotionGates, selector: FrameSelector, keyframes: KeyframeDecoder
    ) -> Iterator[bool]:
        """Look for motion in a keyframe decoded alone."""
        self._decoder.reset()
        self._is_idle = True
        if self._keeps_up(unit):
            began = time.thread_time()
            frames = selector.decode_keyframe(unit, keyframes)
            self._health.record(len(frames), keyframe_only=True)
            for frame in frames:
                self._look_for_motion(frame, gates)
            self.keyframe_checks += 1
            self.keyframe_check_cpu_s += time.thread_time() - began
            yield True

    def _decode_all(
        self, unit: AccessUnit, want: DecodeRequest, gates: MotionGates, selector: FrameSelector
    ) -> Iterator[bool]:
        """Look for motion in every picture up to this one."""
        if not self._keeps_up(unit):
            self._decoder.reset()
            return
        self._is_idle = False
        decoded = 0
        for frame in selector.decode_all(unit, want):
            self._look_for_motion(frame, gates)
            decoded += 1
            yield True
        self._health.record(decoded)

    def _look_for_motion(self, frame: DecodedFrame, gates: MotionGates) -> None:
        if gates.is_due(frame.time):
            for event in gates.update(
                frame.luma(frame.size[0]), frame.time, intact=not frame.damaged, colours=frame.colours
            ):
                self._report(event, frame)
            self._offer(frame, moves=gates.is_moving)

    def _keeps_up(self, unit: AccessUnit) -> bool:
        """Whether there is time to decode; once there is not, nothing is decoded up to the next keyframe."""
        self._skips_to_keyframe = len(self._pending) > MAX_BACKLOG or (self._skips_to_keyframe and not unit.key)
        self.dropped += self._skips_to_keyframe
        return not self._skips_to_keyframe

    def _still_is_due(self) -> bool:
        return self._config.recognises and time.monotonic() >= self._still_due

    def _offer(self, frame: DecodedFrame, *, moves: bool) -> None:
        """Give the frame to the recognisers."""
        if self._config.recognises and (moves or self._still_is_due()):
            self._still_due = time.monotonic() + STILL_INTERVAL
            self._frames.put(self._number, TimedFrame(frame, self._subscribers.wall_time(frame.time), time.monotonic()))

    def _report(self, event: MotionEvent, frame: DecodedFrame | None) -> None:
        # Faults of the camera itself (covered, out of focus) are reported even where motion is not wanted.
        if self._config.motion or event.kind.startswith("camera."):
            self._send_queue.send_sighting(self._number, motion_sighting(event, frame, self._subscribers.wall_time))

    def _newest_jpeg(self) -> bytes:
        """Encoded again only when a unit came since."""
        frame_time = self._subscribers.newest_time
        if frame_time is None:
            return b""
        if self._jpeg[0] != frame_time or not self._jpeg[1]:
            frame = self._decoder.newest_frame()
            self._jpeg = frame_time, frame.jpeg() if frame else b""
        return self._jpeg[1]
