"""The installer's own object detector: which file, and how its input and output are to be understood. Opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

OutputFormat = Literal["yolov5", "yolov8", "nms", "ssd"]
"""The model's output, with N boxes and C classes:

- yolov5: (1, N, 5 + C), centre x, centre y, width, height in pixels of the input, objectness, class scores
- yolov8: (1, 4 + C, N), the same without the objectness (also 9 and 11)
- nms: (1, N, 6), left, top, right, bottom in pixels of the input, score, class; after non-maximum suppression (also 10)
- ssd: boxes (1, N, 4) as shares, classes (1, N), scores (1, N), each an output of its own"""


@dataclass(frozen=True, slots=True)
class DetectorModel:
    """`classes`: in the model's order; one with an empty name is never reported. `size`: the input's width and
    height.
    """

    path: str
    sha256: str
    format: OutputFormat
    classes: tuple[str, ...]
    size: tuple[int, int] = (640, 640)
    threshold: float = 0.5
    overlap: float = 0.45
    """Of two boxes of one class that overlap more than this, the surer one stays."""
    letterbox: bool = True
    """Keep the aspect ratio and fill up with grey, as YOLO is trained; else stretch."""
    rgb: bool = True
    scale: float = 1 / 255
    mean: float = 0.0
    """Each colour value becomes (value - mean) * scale, unless the model takes bytes."""
    outputs: tuple[str, str, str] | None = None
    """For ssd: the names of boxes, classes and scores; None: in this order."""
    top_first: bool = False
    """For ssd: boxes are top, left, bottom, right."""
    first_class: int = 0
    """For ssd: the number of the first class; 1 if 0 is the background."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DetectorModel:
        """From what `dataclasses.asdict` made of one, by way of JSON."""
        outputs = tuple(data["outputs"]) if data["outputs"] else None
        return cls(**data | {"classes": tuple(data["classes"]), "size": tuple(data["size"]), "outputs": outputs})


@dataclass(frozen=True, slots=True)
class Detection:
    """`box` is x, y, width, height in pixels of the picture."""

    name: str
    score: float
    box: tuple[int, int, int, int]
