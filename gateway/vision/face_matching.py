"""How faces are matched: with whose models, and how many strangers may be given a name. Names files, opens none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_DISTANCE = 0.52
"""Distance of dlib's templates, however few are enrolled: beyond it twins in dress and beard begin."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`sha256` in hex, as `sha256sum` prints it."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FaceModels:
    """What the installer supplies; None is what the gateway brings along."""

    detector: ModelFile | None = None
    recogniser: ModelFile | None = None

    @property
    def name(self) -> str:
        """Of the templates: those of different recognisers can't be compared. Empty for dlib's."""
        return self.recogniser.sha256[:16].lower() if self.recogniser else ""


@dataclass(frozen=True, slots=True)
class FaceMatching:
    """`distance` is the installer's own; without it the strangers a day decide (`recognise.chances`)."""

    models: FaceModels = field(default_factory=FaceModels)
    strangers_a_day: float = 500.0
    """What is assumed of a compound's face cameras when nothing is said."""
    false_a_day: float = 0.5
    """A false name every other day."""
    distance: float | None = None

    @classmethod
    def of(cls, said: dict[str, Any]) -> FaceMatching:
        """From what `dataclasses.asdict` made of one."""
        models = {name: file and ModelFile(**file) for name, file in said["models"].items()}
        return cls(**{**said, "models": FaceModels(**models)})
