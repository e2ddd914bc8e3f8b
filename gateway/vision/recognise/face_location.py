"""A detected face, and the interfaces of face detectors and template extractors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.encoder import Template
from gateway.vision.recognise.geometry import Box, Picture

Points = NDArray[np.float32]
"""Centre of one eye, of the other, tip of the nose: x, y in the picture's pixels."""


@dataclass(frozen=True, slots=True)
class FaceLocation:
    """A detected face. `detection` is the detector's own result, for the extractor that belongs to it."""

    box: Box
    points: Points
    detection: object = field(repr=False)


class FaceDetector(Protocol):
    """Finds faces in a BGR picture."""

    def find(self, picture: Picture, min_pixels: int) -> Sequence[FaceLocation]:
        """The faces of `min_pixels` width and more."""
        ...


class TemplateExtractor(Protocol):
    """Computes templates of detected faces."""

    def extract(self, picture: Picture, found: FaceLocation) -> Template:
        """The template of one detected face."""
        ...
