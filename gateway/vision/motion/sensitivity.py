"""The sensitivity of motion detection. Stdlib, no pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """`area` is the smallest share of the picture that must move, `contrast` the smallest difference in grey levels."""

    area: float = 0.0006
    contrast: float = 14.0

    @classmethod
    def from_level(cls, level: float) -> Sensitivity:
        """From the installer's setting: 0 (dull) … 0.5 (usual) … 1 (keen)."""
        factor = 4.0 ** (0.5 - min(max(level, 0.0), 1.0))
        usual = cls()
        return cls(usual.area * factor, usual.contrast * factor**0.5)
