"""A file that the YAML names together with its SHA-256, such as a model."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationInfo, model_validator

from gateway.settings.context import Context, ExistingFile
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.sha256 import mismatch

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")]


class PinnedFile(Section):
    """An ONNX file. Any ONNX file loads and gives numbers, so the hash says which one is meant."""

    path: Annotated[ExistingFile, Field(description="of the ONNX file")]
    sha256: Annotated[Sha256, Field(description="its SHA-256, as sha256sum prints it")]

    @model_validator(mode="after")
    def _has_this_hash(self, info: ValidationInfo) -> Self:
        # Without a Context no folder is known to resolve the path in: the JSON schema and unit tests build sections so.
        if isinstance(info.context, Context) and (found := mismatch(info.context.directory / self.path, self.sha256)):
            raise Wrong(f"the file {str(self.path)!r} has another SHA-256: {found}", "get the right file, or its hash")
        return self
