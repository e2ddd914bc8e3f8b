"""Recognition on one camera's frames: faces, plates, codes and objects, decided over tracks and matched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import BadInput, ConfigError
from gateway.model import Words, as_data
from gateway.vision.detect.detection_voting import DetectedObject, DetectionVoting
from gateway.vision.detect.detector import ObjectDetector
from gateway.vision.detect.detector_model import Detection, DetectorModel
from gateway.vision.face_matching import FaceModels
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.recognise.codes import CodeVoting, ReadCode, read_codes, without_codes
from gateway.vision.recognise.custom_face_models import create_face_reader
from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.head_turn import HeadTurnVoting
from gateway.vision.recognise.plates import PlateRead, PlateReader
from gateway.vision.recognise.tracker import RecognitionTracker, TrackResult
from gateway.vision.recognise.voting import (
    FaceResult,
    FaceVoting,
    MatchedFace,
    PlateResult,
    PlateVoting,
    match_faces,
    read_plates,
)
from gateway.vision.sighting import Sighting
from gateway.vision.stream.decoder import DecodedFrame, jpeg_of
from gateway.vision.stream_config import StreamConfig

THOROUGH_INTERVAL = 1.0
"""Seconds between two plate searches over the whole picture, which take 100 ms; the others go by colour and edges."""

BETTER_FACE_WAIT, MAX_WORSE_FACES = 3.0, 4
"""Seconds to wait for a better view of a face, and views that may be no better meanwhile, so that the guard gets the
best picture of a pass: most people walk through a camera's near field in that time. The watch-listed are reported
sooner. A plate is reported at once, with the best of the views that voted, because a barrier waits for it."""


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A frame and when it came: `at` in seconds since 1970, `clock` in monotonic seconds."""

    frame: DecodedFrame
    at: float
    clock: float


class RecognitionModels:
    """The models of all cameras, each loaded when first needed. For one thread."""

    def __init__(self) -> None:
        self._faces: dict[FaceModels, FaceReader] = {}
        self._plates: dict[str | None, PlateReader] = {}
        self._detectors: dict[DetectorModel, ObjectDetector] = {}

    def detector(self, model: DetectorModel) -> ObjectDetector:
        """Raises ConfigError when the file is not the one whose hash was configured."""
        if model not in self._detectors:
            self._detectors[model] = ObjectDetector(model)
        return self._detectors[model]

    def faces(self, models: FaceModels) -> FaceReader:
        """Raises ConfigError when a file is not the one whose hash was configured."""
        # Only one is kept: all cameras use the same models, and those of an old configuration are not needed again.
        if models not in self._faces:
            self._faces = {models: create_face_reader(models)}
        return self._faces[models]

    def plates(self, home_province: str | None) -> PlateReader:
        """One reader for each home province."""
        if home_province not in self._plates:
            self._plates[home_province] = PlateReader(home_province)
        return self._plates[home_province]


@dataclass(slots=True)
class CameraRecogniser:
    """One camera's tracks of faces, plates, codes and objects."""

    config: StreamConfig
    _thorough_due: float = 0.0
    _detector_failed: bool = False
    _faces: RecognitionTracker[MatchedFace, TimedFrame, FaceResult] = field(init=False)
    _plates: RecognitionTracker[PlateRead, TimedFrame, PlateResult] = field(init=False)
    _codes: RecognitionTracker[ReadCode, TimedFrame, ReadCode] = field(init=False)
    _objects: RecognitionTracker[Detection, TimedFrame, DetectedObject] = field(init=False)
    _index: IdentityIndex | None = None

    def __post_init__(self) -> None:
        voting = HeadTurnVoting(self._is_watchlisted) if self.config.prompt == "turn" else FaceVoting()
        self._faces = RecognitionTracker(
            voting, max_wait=BETTER_FACE_WAIT, is_urgent=self._is_urgent, max_worse=MAX_WORSE_FACES
        )
        self._plates = RecognitionTracker(PlateVoting())
        self._codes = RecognitionTracker(CodeVoting())
        self._objects = RecognitionTracker(DetectionVoting())

    def recognise(self, frame: TimedFrame, models: RecognitionModels, index: IdentityIndex) -> list[Sighting]:
        """Everything that was decided with this frame."""
        self._index = index
        seen: list[Sighting] = []
        if self.config.codes:  # first: it takes the least time, and somebody waits at the gate
            seen += self._read_codes(frame)
        if self.config.plates:
            reader = models.plates(self.config.home_province)
            reads = read_plates(reader, frame.frame.bgr, thorough=self._thorough_is_due(frame.clock))
            seen += _plates(self._plates.update(frame.clock, reads, frame), index)
        if self.config.faces:
            faces = match_faces(models.faces(index.models), index.gallery, frame.frame.bgr)
            seen += _faces(self._faces.update(frame.clock, faces, frame), index)
        if self.config.detector and not self._detector_failed:
            seen += self._detect(self.config.detector, frame, models)
        return seen

    def _read_codes(self, frame: TimedFrame) -> list[Sighting]:
        """A code once a visit, with a picture in which no code can be read."""
        found = read_codes(frame.frame.luma(frame.frame.size[0]))
        return [_code(one, found) for one in self._codes.update(frame.clock, found, frame)]

    def _detect(self, model: DetectorModel, frame: TimedFrame, models: RecognitionModels) -> list[Sighting]:
        """A model that can't be used is reported once, and not tried again; motion and faces go on."""
        try:
            found = models.detector(model).find(frame.frame.bgr)
        except (ConfigError, BadInput) as error:
            self._detector_failed = True
            why = as_data(Words("识别模型不能用，请通知安装员", str(error)))
            return [Sighting("device.faulted", frame.at, {"why": why})]
        return [_object(one) for one in self._objects.update(frame.clock, found, frame)]

    def _thorough_is_due(self, clock: float) -> bool:
        if clock < self._thorough_due:
            return False
        self._thorough_due = clock + THOROUGH_INTERVAL
        return True

    def pass_time(self, clock: float, index: IdentityIndex) -> list[Sighting]:
        """What is decided because its track ended. `clock` in monotonic seconds."""
        self._index = index
        objects = [_object(one) for one in self._objects.advance(clock)]
        self._codes.advance(clock)  # a code is reported with the frame that shows it, so only its track ends here
        return _plates(self._plates.advance(clock), index) + _faces(self._faces.advance(clock), index) + objects

    def _is_urgent(self, result: FaceResult) -> bool:
        return result.person is not None and self._is_watchlisted(result.person)

    def _is_watchlisted(self, person: str) -> bool:
        return self._index is not None and self._index.is_watchlisted(person)


def _plates(decided: Iterable[TrackResult[PlateRead, TimedFrame, PlateResult]], index: IdentityIndex) -> list[Sighting]:
    return [_plate(one, index) for one in decided]


def _plate(one: TrackResult[PlateRead, TimedFrame, PlateResult], index: IdentityIndex) -> Sighting:
    data = {**index.describe_plate(one.result), "box": one.best.box, "looks": one.frames}
    return Sighting("plate.read", one.view.at, data, one.view.frame.jpeg(box=one.best.box))


def _faces(decided: Iterable[TrackResult[MatchedFace, TimedFrame, FaceResult]], index: IdentityIndex) -> list[Sighting]:
    return [_face(one, index) for one in decided]


def _face(one: TrackResult[MatchedFace, TimedFrame, FaceResult], index: IdentityIndex) -> Sighting:
    result, box = one.result, one.best.face.box
    data: dict[str, Any] = {"distance": result.distance, "box": box, "looks": one.frames}
    jpeg = one.view.frame.jpeg(box=box)
    if result.turned is not None:
        data["turned"] = result.turned
    if result.person is None:
        # With prompt: turn, one who never turned is unknown, even if enrolled: `person` is given as null.
        nobody = {"person": None} if result.turned is False else {}
        return Sighting("face.unknown", one.view.at, data | nobody, jpeg)
    data |= index.describe_person(result.person)
    kind = "face.watchlisted" if data["list"] == "watch" else "face.matched"
    return Sighting(kind, one.view.at, data, jpeg)


def _code(one: TrackResult[ReadCode, TimedFrame, ReadCode], found: Sequence[ReadCode]) -> Sighting:
    data: dict[str, Any] = {"format": one.result.format, "box": one.result.box}
    picture = without_codes(one.view.frame.bgr, found)
    return Sighting("code.read", one.view.at, data, jpeg_of(picture), one.result.text)


def _object(one: TrackResult[Detection, TimedFrame, DetectedObject]) -> Sighting:
    data: dict[str, Any] = {"class": one.result.name, "score": one.result.score, "box": one.best.box}
    return Sighting("object.seen", one.view.at, data | {"looks": one.frames}, one.view.frame.jpeg(box=one.best.box))
