"""What a camera's own events mean to us, and what of them is new.

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
"""Topics and sources of one camera that are remembered."""


@dataclass(frozen=True, slots=True)
class TopicKinds:
    """A topic's `starts` and `ends` as signal kinds, and the data item that says which of them."""

    group: str
    starts: str
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
GROUPS = frozenset(meaning.group for meaning in TOPICS.values())
_WORDS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class CameraSignal:
    """A signal's kind, the topic it came from, and what the camera called the source (its rule, its lens)."""

    kind: str
    topic: str
    source: dict[str, str]
    starts: bool


@dataclass(slots=True)
class EventFilter:
    """Folds the messages of one camera: several topics that say one thing make one signal.

    The state a camera reports at the start of a subscription is state and makes none.
    """

    groups: Collection[str] = GROUPS
    ignore: Collection[str] = ()
    _known: dict[tuple[str, object], bool] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)

    def take(self, event: OnvifEvent) -> CameraSignal | None:
        topic, meaning = _meaning(event.topic)
        if meaning is None or meaning.group not in self.groups or topic in self.ignore:
            return None
        key = (topic, event.source)
        before, now = self._known.get(key), _state(event, meaning)
        if now is None or before is now:
            return None
        self._remember(key, now)
        if event.operation is Operation.INITIALIZED:
            return None
        return self._start(meaning, topic, event) if now else self._end(meaning, topic, event)

    def _start(self, meaning: TopicKinds, topic: str, event: OnvifEvent) -> CameraSignal | None:
        if self._told.get(meaning.group) == meaning.starts:
            return None
        self._told[meaning.group] = meaning.starts
        return CameraSignal(meaning.starts, topic, dict(event.source), starts=True)

    def _end(self, meaning: TopicKinds, topic: str, event: OnvifEvent) -> CameraSignal | None:
        """It is over when nothing of the group lasts; an end of what began before we listened is told too."""
        if any(on and TOPICS[known].group == meaning.group for (known, _), on in self._known.items()):
            return None
        self._told.pop(meaning.group, None)
        return CameraSignal(meaning.ends, topic, dict(event.source), starts=False)

    def _remember(self, key: tuple[str, object], now: bool) -> None:
        self._known.pop(key, None)
        self._known[key] = now
        if len(self._known) > MAX_STATES:
            del self._known[next(iter(self._known))]


def _meaning(topic: str) -> tuple[str, TopicKinds | None]:
    """Makers and services hang steps of their own below: VideoSource/ImageTooDark/AnalyticsService."""
    for known, meaning in TOPICS.items():
        if topic == known or topic.startswith(f"{known}/"):
            return known, meaning
    return topic, None


def _state(event: OnvifEvent, meaning: TopicKinds) -> bool | None:
    """Whether the condition lasts; None where the message does not say."""
    if event.operation is Operation.DELETED:
        return False
    value = next((value for name, value in event.data if name == meaning.item), None)
    if value is None and len(event.data) == 1:  # a maker's own name for its only item
        value = event.data[0][1]
    return None if value is None else _WORDS.get(value.strip().lower())
