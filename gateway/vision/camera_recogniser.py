"""What the frames of one camera show: faces and plates, decided over tracks, compared with what is known."""

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
from gateway.vision.sighting import Sighting, StreamConfig
from gateway.vision.stream.decoder import DecodedFrame

THOROUGH_INTERVAL = 1.0
"""Seconds between two looks for plates over a whole picture, which cost 100 ms; the others go by colour and edges."""

BETTER_FACE_WAIT, MAX_WORSE_FACES = 3.0, 4
"""Seconds for which a better look at a face is waited for, and looks that may be no better meanwhile, so that the guard
gets the best picture of its pass: most walk through a camera's near field in that time. The watch-listed are told
sooner. A plate is told at once, with the best of the looks that voted: a barrier waits for it."""


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A frame and when it came: seconds since the epoch, and on the clock that never leaps."""

    frame: DecodedFrame
    at: float
    clock: float


class RecognitionModels:
    """The models, each loaded when first asked for. For one thread."""

    def __init__(self) -> None:
        self._faces: dict[FaceModels, FaceReader] = {}
        self._plates: dict[str | None, PlateReader] = {}
        self._detectors: dict[DetectorModel, Detector] = {}

    def detector(self, model: DetectorModel) -> Detector:
        """Raises ConfigError when the model is not the one that was named."""
        if model not in self._detectors:
            self._detectors[model] = Detector(model)
        return self._detectors[model]

    def faces(self, models: FaceModels) -> FaceReader:
        """Raises ConfigError when a model is not the one that was named."""
        if models not in self._faces:
            self._faces = {models: face_reader(models)}
        return self._faces[models]

    def plates(self, home_province: str | None) -> PlateReader:
        if home_province not in self._plates:
            self._plates[home_province] = PlateReader(home_province)
        return self._plates[home_province]


@dataclass(slots=True)
class CameraRecogniser:
    """One camera's faces and plates."""

    watch: StreamConfig
    _thorough_due: float = 0.0
    _unusable: bool = False
    _faces: Tracks[FaceLook, TimedFrame, FaceVerdict] = field(init=False)
    _plates: Tracks[PlateRead, TimedFrame, PlateVerdict] = field(init=False)
    _things: Tracks[Detected, TimedFrame, Thing] = field(init=False)
    _registry: IdentityIndex | None = None

    def __post_init__(self) -> None:
        judge = TurnJudge(self._is_watched) if self.watch.prompt == "turn" else FaceJudge()
        self._faces = Tracks(judge, hold=BETTER_FACE_WAIT, is_urgent=self._is_urgent, patience=MAX_WORSE_FACES)
        self._plates = Tracks(PlateJudge())
        self._things = Tracks(DetectedJudge())

    def look(self, view: TimedFrame, recognisers: RecognitionModels, registry: IdentityIndex) -> list[Sighting]:
        """Everything that became sure with this frame."""
        self._registry = registry
        seen: list[Sighting] = []
        if self.watch.plates:
            reader = recognisers.plates(self.watch.home_province)
            reads = plate_looks(reader, view.frame.bgr, thorough=self._thorough(view.clock))
            seen += _plates(self._plates.see(view.clock, reads, view), registry)
        if self.watch.faces:
            looks = face_looks(recognisers.faces(registry.models), registry.gallery, view.frame.bgr)
            seen += _faces(self._faces.see(view.clock, looks, view), registry)
        if self.watch.detector and not self._unusable:
            seen += self._detect(self.watch.detector, view, recognisers)
        return seen

    def _detect(self, model: DetectorModel, view: TimedFrame, recognisers: RecognitionModels) -> list[Sighting]:
        """A model that can't be used is told once; it costs nobody else anything."""
        try:
            found = recognisers.detector(model).find(view.frame.bgr)
        except (ConfigError, BadInput) as error:
            self._unusable = True
            why = as_data(Words("识别模型不能用，请通知安装员", str(error)))
            return [Sighting("device.faulted", view.at, {"why": why})]
        return [_thing(one) for one in self._things.see(view.clock, found, view)]

    def _thorough(self, clock: float) -> bool:
        if clock < self._thorough_due:
            return False
        self._thorough_due = clock + THOROUGH_INTERVAL
        return True

    def pass_time(self, clock: float, registry: IdentityIndex) -> list[Sighting]:
        """What became sure because it is gone."""
        self._registry = registry
        things = [_thing(one) for one in self._things.pass_time(clock)]
        return (
            _plates(self._plates.pass_time(clock), registry) + _faces(self._faces.pass_time(clock), registry) + things
        )

    def _is_urgent(self, verdict: FaceVerdict) -> bool:
        return verdict.person is not None and self._is_watched(verdict.person)

    def _is_watched(self, person: str) -> bool:
        return self._registry is not None and self._registry.watched(person)


def _plates(decided: Iterable[Decided[PlateRead, TimedFrame, PlateVerdict]], registry: IdentityIndex) -> list[Sighting]:
    return [_plate(one, registry) for one in decided]


def _plate(one: Decided[PlateRead, TimedFrame, PlateVerdict], registry: IdentityIndex) -> Sighting:
    said = {**registry.plate(one.verdict), "box": one.best.box, "looks": one.looks}
    return Sighting("plate.read", one.view.at, said, one.view.frame.jpeg(box=one.best.box))


def _faces(decided: Iterable[Decided[FaceLook, TimedFrame, FaceVerdict]], registry: IdentityIndex) -> list[Sighting]:
    return [_face(one, registry) for one in decided]


def _face(one: Decided[FaceLook, TimedFrame, FaceVerdict], registry: IdentityIndex) -> Sighting:
    verdict, box = one.verdict, one.best.face.box
    said: dict[str, Any] = {"distance": verdict.distance, "box": box, "looks": one.looks}
    jpeg = one.view.frame.jpeg(box=box)
    if verdict.turned is not None:
        said["turned"] = verdict.turned
    if verdict.person is None:
        nobody = {"person": None} if verdict.turned is False else {}
        return Sighting("face.unknown", one.view.at, said | nobody, jpeg)
    said |= registry.person(verdict.person)
    kind = "face.watchlisted" if said["list"] == "watch" else "face.matched"
    return Sighting(kind, one.view.at, said, jpeg)


def _thing(one: Decided[Detected, TimedFrame, Thing]) -> Sighting:
    said: dict[str, Any] = {"class": one.verdict.name, "score": one.verdict.score, "box": one.best.box}
    return Sighting("object.seen", one.view.at, said | {"looks": one.looks}, one.view.frame.jpeg(box=one.best.box))
