"""`detector` of a camera: the installer's own ONNX model, its input and its output."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.settings.mend import Wrong
from gateway.settings.pinned_file import PinnedFile
from gateway.vision.detect.detector_model import DetectorModel, OutputFormat

Side = Annotated[int, Field(ge=32, le=4096)]


class DetectorSection(PinnedFile):
    """Objects are reported as object.seen with data.class, once for each object found in two frames."""

    format: Annotated[
        OutputFormat, Field(description="what comes out of it: yolov5, yolov8 (9, 11), nms (yolov10) or ssd")
    ]
    classes: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="names of its classes, in its order; '' for those to ignore"),
    ]
    size: Annotated[tuple[Side, Side], Field(description="width and height of its input")] = (640, 640)
    threshold: Annotated[float, Field(gt=0, le=1, description="least score of an object")] = 0.5
    overlap: Annotated[float, Field(gt=0, le=1, description="boxes that overlap more are one object")] = 0.45
    letterbox: Annotated[bool, Field(description="keep the picture's shape, with grey beside it; else stretch it")] = (
        True
    )
    rgb: Annotated[bool, Field(description="red first; else blue first")] = True
    scale: Annotated[float, Field(gt=0, description="by what (value - mean) is multiplied")] = 1 / 255
    mean: Annotated[float, Field(description="what is subtracted from each value of a colour")] = 0.0
    outputs: Annotated[
        tuple[str, str, str] | None, Field(description="for ssd: names of the outputs with boxes, classes, scores")
    ] = None
    top_first: Annotated[bool, Field(description="for ssd: boxes are top, left, bottom, right")] = False
    first_class: Annotated[int, Field(ge=0, le=1, description="for ssd: 1 if class 0 is the background")] = 0

    @model_validator(mode="after")
    def _has_a_class(self) -> Self:
        if not any(self.classes):
            raise Wrong("every class is '': nothing would ever be reported", "name the classes that matter")
        return self

    @property
    def model(self) -> DetectorModel:
        """For the vision worker."""
        return DetectorModel.from_json(self.model_dump() | {"path": str(self.path)})
