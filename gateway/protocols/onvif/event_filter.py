"""Maps a camera's ONVIF topics to signal kinds, and passes on only changes of state.

Sources of the table: ONVIF Imaging Service Specification 5.3 (VideoSource topics: MotionAlarm, ImageTooDark,
ImageTooBright, ImageTooBlurry, GlobalSceneChange, SignalLoss; each may end in the service that noticed it) and
ONVIF Analytics Service Specification, annex A (CellMotionDetector, MotionRegionDetector, FieldDetector,
TamperDetector; the last is what Hikvision, Dahua and their relatives send when a lens is covered).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from gateway.protocols.onvif.event import OnvifEvent, Operation

MAX_STATES = 256
"""Topics and sources of one camera whose state is remembered."""


@dataclass(frozen=True, slots=True)
class TopicKinds:
    """The signal kinds of a topic's begin and end, and the data item that distinguishes them."""

    group: str
    begins: str
    ends: str
    item: str


_MOTION = ("motion", "motion.started", "motion.ended")
_COVERED = ("tamper", "camera.covered", "camera.restored")
_MOVED = ("tamper", "camera.moved", "camera.restored")
_LOST = ("fault", "device.faulted", "device.restored")
TOPICS = {
    "VideoSource/MotionAlarm": TopicKinds(*_MOTION, "State"),
    "RuleEngine/CellMotionDetector/Motion": TopicKinds(*_MOTION, "IsMotion"),
    "RuleEngine/MotionRegionDetector/Motion": TopicKinds(*_MOTION, "State"),
    "RuleEngine/FieldDetector/ObjectsInside": TopicKinds(*_MOTION, "IsInside"),
    "RuleEngine/TamperDetector/Tamper": TopicKinds(*_COVERED, "IsTamper"),
    "VideoSource/ImageTooDark": TopicKinds(*_COVERED, "State"),
    "VideoSource/ImageTooBright": TopicKinds(*_COVERED, "State"),
    "VideoSource/ImageTooBlurry": TopicKinds(*_COVERED, "State"),
    "VideoSource/GlobalSceneChange": TopicKinds(*_MOVED, "State"),
    "VideoSource/SignalLoss": TopicKinds(*_LOST, "State"),
}
GROUPS = frozenset(kinds.group for kinds in TOPICS.values())
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class CameraSignal:
    """A signal's kind, its topic, and the camera's name of the source (its rule, its lens)."""

    kind: str
    topic: str
    source: dict[str, str]
    begins: bool


@dataclass(slots=True)
class OnvifEventFilter:
    """Merges the topics of one camera by group: several topics that report the same thing make one signal.

    A state that the camera reports at the start of a subscription makes no signal.
    """

    groups: Collection[str] = GROUPS
    ignore: Collection[str] = ()
    _states: dict[tuple[str, object], bool] = field(default_factory=dict)
    _reported: dict[str, str] = field(default_factory=dict)

    def process(self, event: OnvifEvent) -> CameraSignal | None:
        """The signal of an event; None if it is not new, its topic is unknown, or it is not selected."""
        topic, kinds = _kinds_of(event.topic)
        if kinds is None or kinds.group not in self.groups or topic in self.ignore:
            return None
        key = (topic, event.source)
        before, now = self._states.get(key), _state(event, kinds)
        if now is None or before is now:
            return None
        self._remember(key, now)
        # Remembered above, so that its end is reported later.
        if event.operation is Operation.INITIALIZED:
            return None
        return self._begin(kinds, topic, event) if now else self._end(kinds, topic, event)

    def _begin(self, kinds: TopicKinds, topic: str, event: OnvifEvent) -> CameraSignal | None:
        if self._reported.get(kinds.group) == kinds.begins:
            return None
        self._reported[kinds.group] = kinds.begins
        return CameraSignal(kinds.begins, topic, dict(event.source), begins=True)

    def _end(self, kinds: TopicKinds, topic: str, event: OnvifEvent) -> CameraSignal | None:
        """The group ends when none of its topics is active."""
        if any(on and TOPICS[known].group == kinds.group for (known, _), on in self._states.items()):
            return None
        # Reported even without a begin: that may have been before our subscription.
        self._reported.pop(kinds.group, None)
        return CameraSignal(kinds.ends, topic, dict(event.source), begins=False)

    def _remember(self, key: tuple[str, object], now: bool) -> None:
        # Removed and added again, so that the oldest key is first.
        self._states.pop(key, None)
        self._states[key] = now
        if len(self._states) > MAX_STATES:
            del self._states[next(iter(self._states))]


def _kinds_of(topic: str) -> tuple[str, TopicKinds | None]:
    """Topics may have further levels by the maker or the service: VideoSource/ImageTooDark/AnalyticsService."""
    for known, kinds in TOPICS.items():
        if topic == known or topic.startswith(f"{known}/"):
            return known, kinds
    return topic, None


def _state(event: OnvifEvent, kinds: TopicKinds) -> bool | None:
    """Whether the condition is active; None if the message has no value for it."""
    if event.operation is Operation.DELETED:
        return False
    value = next((value for name, value in event.data if name == kinds.item), None)
    if value is None and len(event.data) == 1:  # a maker's own name for its only item
        value = event.data[0][1]
    return None if value is None else _BOOLEANS.get(value.strip().lower())
