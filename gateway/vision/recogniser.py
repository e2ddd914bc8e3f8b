"""What the frames of one camera show: faces and plates, decided over tracks, compared with what is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import BadInput, ConfigError
from gateway.model import Words, as_data
from gateway.vision.detect.detection_voting import DetectedObject, DetectionVoting
from gateway.vision.detect.detector import ObjectDetector
from gateway.vision.detect.detector_model import Detection, DetectorModel
from gateway.vision.identity_index import Registry
from gateway.vision.matching import FaceModels
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
from gateway.vision.sighting import Sighting, Watch
from gateway.vision.stream.decoder import Frame

THOROUGH = 1.0
"""Seconds between two looks for plates over a whole picture, which cost 100 ms; the others go by colour and edges."""

BETTER_FACE, FACE_PATIENCE = 3.0, 4
"""Seconds for which a better look at a face is waited for, and looks that may be no better meanwhile, so that the guard
gets the best picture of its pass: most walk through a camera's near field in that time. The watch-listed are told
sooner. A plate is told at once, with the best of the looks that voted: a barrier waits for it."""


@dataclass(frozen=True, slots=True)
class View:
    """A frame and when it came: seconds since the epoch, and on the clock that never leaps."""

    frame: Frame
    at: float
    clock: float


class Recognisers:
    """The models, each loaded when first asked for. For one thread."""

    def __init__(self) -> None:
        self._faces: dict[FaceModels, FaceReader] = {}
        self._plates: dict[str | None, PlateReader] = {}
        self._detectors: dict[DetectorModel, ObjectDetector] = {}

    def detector(self, model: DetectorModel) -> ObjectDetector:
        """Raises ConfigError when the model is not the one that was named."""
        if model not in self._detectors:
            self._detectors[model] = ObjectDetector(model)
        return self._detectors[model]

    def faces(self, models: FaceModels) -> FaceReader:
        """Raises ConfigError when a model is not the one that was named."""
        if models not in self._faces:
            self._faces = {models: create_face_reader(models)}
        return self._faces[models]

    def plates(self, home_province: str | None) -> PlateReader:
        if home_province not in self._plates:
            self._plates[home_province] = PlateReader(home_province)
        return self._plates[home_province]


@dataclass(slots=True)
class CameraTracks:
    """One camera's faces and plates."""

    watch: Watch
    _thorough_due: float = 0.0
    _unusable: bool = False
    _faces: RecognitionTracker[MatchedFace, View, FaceResult] = field(init=False)
    _plates: RecognitionTracker[PlateRead, View, PlateResult] = field(init=False)
    _things: RecognitionTracker[Detection, View, DetectedObject] = field(init=False)
    _registry: Registry | None = None

    def __post_init__(self) -> None:
        judge = HeadTurnVoting(self._is_watched) if self.watch.prompt == "turn" else FaceVoting()
        self._faces = RecognitionTracker(
            judge, max_wait=BETTER_FACE, is_urgent=self._is_urgent, max_worse=FACE_PATIENCE
        )
        self._plates = RecognitionTracker(PlateVoting())
        self._things = RecognitionTracker(DetectionVoting())

    def look(self, view: View, recognisers: Recognisers, registry: Registry) -> list[Sighting]:
        """Everything that became sure with this frame."""
        self._registry = registry
        seen: list[Sighting] = []
        if self.watch.plates:
            reader = recognisers.plates(self.watch.home_province)
            reads = read_plates(reader, view.frame.bgr, thorough=self._thorough(view.clock))
            seen += _plates(self._plates.update(view.clock, reads, view), registry)
        if self.watch.faces:
            looks = match_faces(recognisers.faces(registry.models), registry.gallery, view.frame.bgr)
            seen += _faces(self._faces.update(view.clock, looks, view), registry)
        if self.watch.detector and not self._unusable:
            seen += self._detect(self.watch.detector, view, recognisers)
        return seen

    def _detect(self, model: DetectorModel, view: View, recognisers: Recognisers) -> list[Sighting]:
        """A model that can't be used is told once; it costs nobody else anything."""
        try:
            found = recognisers.detector(model).find(view.frame.bgr)
        except (ConfigError, BadInput) as error:
            self._unusable = True
            why = as_data(Words("识别模型不能用，请通知安装员", str(error)))
            return [Sighting("device.faulted", view.at, {"why": why})]
        return [_thing(one) for one in self._things.update(view.clock, found, view)]

    def _thorough(self, clock: float) -> bool:
        if clock < self._thorough_due:
            return False
        self._thorough_due = clock + THOROUGH
        return True

    def pass_time(self, clock: float, registry: Registry) -> list[Sighting]:
        """What became sure because it is gone."""
        self._registry = registry
        things = [_thing(one) for one in self._things.advance(clock)]
        return _plates(self._plates.advance(clock), registry) + _faces(self._faces.advance(clock), registry) + things

    def _is_urgent(self, verdict: FaceResult) -> bool:
        return verdict.person is not None and self._is_watched(verdict.person)

    def _is_watched(self, person: str) -> bool:
        return self._registry is not None and self._registry.watched(person)


def _plates(decided: Iterable[TrackResult[PlateRead, View, PlateResult]], registry: Registry) -> list[Sighting]:
    return [_plate(one, registry) for one in decided]


def _plate(one: TrackResult[PlateRead, View, PlateResult], registry: Registry) -> Sighting:
    said = {**registry.plate(one.result), "box": one.best.box, "looks": one.frames}
    return Sighting("plate.read", one.view.at, said, one.view.frame.jpeg(box=one.best.box))


def _faces(decided: Iterable[TrackResult[MatchedFace, View, FaceResult]], registry: Registry) -> list[Sighting]:
    return [_face(one, registry) for one in decided]


def _face(one: TrackResult[MatchedFace, View, FaceResult], registry: Registry) -> Sighting:
    verdict, box = one.result, one.best.face.box
    said: dict[str, Any] = {"distance": verdict.distance, "box": box, "looks": one.frames}
    jpeg = one.view.frame.jpeg(box=box)
    if verdict.turned is not None:
        said["turned"] = verdict.turned
    if verdict.person is None:
        nobody = {"person": None} if verdict.turned is False else {}
        return Sighting("face.unknown", one.view.at, said | nobody, jpeg)
    said |= registry.person(verdict.person)
    kind = "face.watchlisted" if said["list"] == "watch" else "face.matched"
    return Sighting(kind, one.view.at, said, jpeg)


def _thing(one: TrackResult[Detection, View, DetectedObject]) -> Sighting:
    said: dict[str, Any] = {"class": one.result.name, "score": one.result.score, "box": one.best.box}
    return Sighting("object.seen", one.view.at, said | {"looks": one.frames}, one.view.frame.jpeg(box=one.best.box))
