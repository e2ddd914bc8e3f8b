"""`vision.faces` of compound.yaml: limits of face matching, and the installer's own models."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.settings.mend import Wrong
from gateway.settings.pinned_file import PinnedFile
from gateway.settings.section import Section
from gateway.vision.face_matching import FaceMatching, FaceModels, ModelFile


class FaceModelSection(PinnedFile):
    """An ONNX model for finding or describing faces. Any file would load, so its hash is required."""

    @property
    def file(self) -> ModelFile:
        """For the vision worker."""
        return ModelFile(str(self.path), self.sha256)


class FaceSection(Section):
    """The defaults suit a gate that 500 strangers a day pass; `anju faces calibrate` shows what follows from them."""

    strangers_a_day: Annotated[float, Field(gt=0, le=1e6, description="faces a day of people who are not enrolled")] = (
        500.0
    )
    false_a_day: Annotated[float, Field(gt=0, description="how many of them may be taken for somebody")] = 0.5
    distance: Annotated[
        float | None, Field(gt=0, le=2, description="nearer counts as the same person; better left out")
    ] = None
    detector: Annotated[FaceModelSection | None, Field(description="a model for OpenCV's FaceDetectorYN")] = None
    recogniser: Annotated[FaceModelSection | None, Field(description="a model for OpenCV's FaceRecognizerSF")] = None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.recogniser and not self.detector:
            raise Wrong("a recogniser needs a detector that finds its five points", "name one beside it")
        # The built-in limits are measured for dlib; another recogniser has another scale.
        if self.recogniser and self.distance is None:
            raise Wrong("distances of this recogniser are not known", "write `distance:`, for SFace 1.05 to begin with")
        return self

    @property
    def matching(self) -> FaceMatching:
        """For the vision workers."""
        detector = self.detector.file if self.detector else None
        models = FaceModels(detector, self.recogniser.file if self.recogniser else None)
        return FaceMatching(models, self.strangers_a_day, self.false_a_day, self.distance)
