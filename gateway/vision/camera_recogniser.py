"""Recognition on one camera's frames: faces, plates and objects, decided over tracks and matched with identities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import BadInput, ConfigError
from gateway.model import Words, as_data
from gateway.vision.detect.detector import Detector
from gateway.vision.detect.judge import DetectedJudge, Thing
from gateway.vision.detect.model import Detected, DetectorModel
from gateway.vision.face_matching import FaceModels
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.plates import PlateRead, PlateReader
from gateway.vision.recognise.supplied import face_reader
from gateway.vision.recognise.track import Decided, Tracks
from gateway.vision.recognise.turn import TurnJudge
from gateway.vision.recognise.verdicts import (
    FaceJudge,
    FaceLook,
    FaceVerdict,
    PlateJudge,
    PlateVerdict,
    face_looks,
    plate_looks,
)
from gateway.vision.sighting import Sighting
from gateway.vision.stream.decoder import DecodedFrame
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
        self._detectors: dict[DetectorModel, Detector] = {}

    def detector(self, model: DetectorModel) -> Detector:
        """Raises ConfigError when the file is not the one whose hash was configured."""
        if model not in self._detectors:
            self._detectors[model] = Detector(model)
        return self._detectors[model]

    def faces(self, models: FaceModels) -> FaceReader:
        """Raises ConfigError when a file is not the one whose hash was configured."""
        # Only one is kept: all cameras use the same models, and those of an old configuration are not needed again.
        if models not in self._faces:
            self._faces = {models: face_reader(models)}
        return self._faces[models]

    def plates(self, home_province: str | None) -> PlateReader:
        """One reader for each home province."""
        if home_province not in self._plates:
            self._plates[home_province] = PlateReader(home_province)
        return self._plates[home_province]


@dataclass(slots=True)
class CameraRecogniser:
    """One camera's tracks of faces, plates and objects."""

    config: StreamConfig
    _thorough_due: float = 0.0
    _detector_failed: bool = False
    _faces: Tracks[FaceLook, TimedFrame, FaceVerdict] = field(init=False)
    _plates: Tracks[PlateRead, TimedFrame, PlateVerdict] = field(init=False)
    _objects: Tracks[Detected, TimedFrame, Thing] = field(init=False)
    _index: IdentityIndex | None = None

    def __post_init__(self) -> None:
        judge = TurnJudge(self._is_watchlisted) if self.config.prompt == "turn" else FaceJudge()
        self._faces = Tracks(judge, hold=BETTER_FACE_WAIT, is_urgent=self._is_urgent, patience=MAX_WORSE_FACES)
        self._plates = Tracks(PlateJudge())
        self._objects = Tracks(DetectedJudge())

    def recognise(self, frame: TimedFrame, models: RecognitionModels, index: IdentityIndex) -> list[Sighting]:
        """Everything that was decided with this frame."""
        self._index = index
        seen: list[Sighting] = []
        if self.config.plates:
            reader = models.plates(self.config.home_province)
            reads = plate_looks(reader, frame.frame.bgr, thorough=self._thorough_is_due(frame.clock))
            seen += _plates(self._plates.see(frame.clock, reads, frame), index)
        if self.config.faces:
            faces = face_looks(models.faces(index.models), index.gallery, frame.frame.bgr)
            seen += _faces(self._faces.see(frame.clock, faces, frame), index)
        if self.config.detector and not self._detector_failed:
            seen += self._detect(self.config.detector, frame, models)
        return seen

    def _detect(self, model: DetectorModel, frame: TimedFrame, models: RecognitionModels) -> list[Sighting]:
        """A model that can't be used is reported once, and not tried again; motion and faces go on."""
        try:
            found = models.detector(model).find(frame.frame.bgr)
        except (ConfigError, BadInput) as error:
            self._detector_failed = True
            why = as_data(Words("识别模型不能用，请通知安装员", str(error)))
            return [Sighting("device.faulted", frame.at, {"why": why})]
        return [_object(one) for one in self._objects.see(frame.clock, found, frame)]

    def _thorough_is_due(self, clock: float) -> bool:
        if clock < self._thorough_due:
            return False
        self._thorough_due = clock + THOROUGH_INTERVAL
        return True

    def pass_time(self, clock: float, index: IdentityIndex) -> list[Sighting]:
        """What is decided because its track ended. `clock` in monotonic seconds."""
        self._index = index
        objects = [_object(one) for one in self._objects.pass_time(clock)]
        return _plates(self._plates.pass_time(clock), index) + _faces(self._faces.pass_time(clock), index) + objects

    def _is_urgent(self, verdict: FaceVerdict) -> bool:
        return verdict.person is not None and self._is_watchlisted(verdict.person)

    def _is_watchlisted(self, person: str) -> bool:
        return self._index is not None and self._index.is_watchlisted(person)


def _plates(decided: Iterable[Decided[PlateRead, TimedFrame, PlateVerdict]], index: IdentityIndex) -> list[Sighting]:
    return [_plate(one, index) for one in decided]


def _plate(one: Decided[PlateRead, TimedFrame, PlateVerdict], index: IdentityIndex) -> Sighting:
    data = {**index.describe_plate(one.verdict), "box": one.best.box, "looks": one.looks}
    return Sighting("plate.read", one.view.at, data, one.view.frame.jpeg(box=one.best.box))


def _faces(decided: Iterable[Decided[FaceLook, TimedFrame, FaceVerdict]], index: IdentityIndex) -> list[Sighting]:
    return [_face(one, index) for one in decided]


def _face(one: Decided[FaceLook, TimedFrame, FaceVerdict], index: IdentityIndex) -> Sighting:
    verdict, box = one.verdict, one.best.face.box
    data: dict[str, Any] = {"distance": verdict.distance, "box": box, "looks": one.looks}
    jpeg = one.view.frame.jpeg(box=box)
    if verdict.turned is not None:
        data["turned"] = verdict.turned
    if verdict.person is None:
        # With prompt: turn, one who never turned is unknown, even if enrolled: `person` is given as null.
        nobody = {"person": None} if verdict.turned is False else {}
        return Sighting("face.unknown", one.view.at, data | nobody, jpeg)
    data |= index.describe_person(verdict.person)
    kind = "face.watchlisted" if data["list"] == "watch" else "face.matched"
    return Sighting(kind, one.view.at, data, jpeg)


def _object(one: Decided[Detected, TimedFrame, Thing]) -> Sighting:
    data: dict[str, Any] = {"class": one.verdict.name, "score": one.verdict.score, "box": one.best.box}
    return Sighting("object.seen", one.view.at, data | {"looks": one.looks}, one.view.frame.jpeg(box=one.best.box))
