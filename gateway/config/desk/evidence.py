"""The section `evidence` of desk.yaml: who may export recordings, and how much."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.settings.section import Section


class EvidenceSection(Section):
    """Recordings of people leave the compound with an export."""

    export: Annotated[
        Literal["guard", "supervisor"],
        Field(description="who may export the recordings of an alert in the console: guard (and above), or supervisor"),
    ] = "supervisor"
    largest_mb: Annotated[
        int, Field(ge=10, le=100_000, description="megabytes of one export; a larger one is refused before it begins")
    ] = 2000
