"""The section `report` of desk.yaml: the shifts by which figures are told, and when the morning report is sent."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.time_of_day import TimeOfDay

_QUARTER = 15


def _at_a_quarter(name: str, value: time) -> None:
    if value.minute % _QUARTER:
        raise Wrong(f"{value:%H:%M} is no full quarter of an hour", "write 08:00, 08:15, 08:30 or 08:45", at=(name,))


class ReportSection(Section):
    """Figures and the morning report (晨报)."""

    day: Annotated[TimeOfDay, Field(description="when the day shift begins")] = time(8)
    night: Annotated[TimeOfDay, Field(description="when the night shift begins; after `day`")] = time(20)
    at: Annotated[
        TimeOfDay | None, Field(description="when the report on the night is sent each morning; null: never")
    ] = time(8, 15)
    notifiers: Annotated[
        tuple[str, ...], Field(description="notifiers by which it is sent; it names no person and no place")
    ] = ()

    @model_validator(mode="after")
    def _shifts_make_a_day(self) -> Self:
        for name in ("day", "night"):
            _at_a_quarter(name, getattr(self, name))
        if self.night <= self.day:
            raise Wrong(
                f"the night shift at {self.night:%H:%M} does not begin after the day shift at {self.day:%H:%M}",
                "write the day shift's beginning in the morning and the night shift's in the evening",
                at=("night",),
            )
        return self
