"""The base class of all sections of the YAML."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of a file: unknown keys are mistakes, values are frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")
