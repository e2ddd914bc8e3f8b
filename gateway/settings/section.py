"""What every part of the YAML is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a file: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")
