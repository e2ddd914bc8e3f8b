"""Settings of face matching: the models, and how many false names are accepted. Names model files, opens none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_DISTANCE = 0.52
"""Largest accepted distance of dlib's templates, however few are enrolled: beyond it people who look alike match."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`sha256` in hex, as `sha256sum` prints it."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FaceModels:
    """The installer's own models; None is the one that the gateway ships."""

    detector: ModelFile | None = None
    recogniser: ModelFile | None = None

    @property
    def name(self) -> str:
        """Identifies the templates: those of different recognisers can't be compared. Empty for dlib's."""
        return self.recogniser.sha256[:16].lower() if self.recogniser else ""


@dataclass(frozen=True, slots=True)
class FaceMatching:
    """`distance` is the installer's own limit; without it the rates decide (`recognise.false_match_rate`)."""

    models: FaceModels = field(default_factory=FaceModels)
    strangers_a_day: float = 500.0
    """Assumed for a compound's face cameras when the YAML does not say."""
    false_a_day: float = 0.5
    """A false name every other day."""
    distance: float | None = None

    @classmethod
    def from_message(cls, data: dict[str, Any]) -> FaceMatching:
        """From what `dataclasses.asdict` made of one."""
        models = {name: file and ModelFile(**file) for name, file in data["models"].items()}
        return cls(**{**data, "models": FaceModels(**models)})
