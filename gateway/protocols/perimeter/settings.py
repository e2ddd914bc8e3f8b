"""The YAML settings of a perimeter host."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.links.serial import SerialSettings
from gateway.settings.context import PlaceRef
from gateway.settings.durations import Duration
from gateway.settings.mend import Wrong


class PerimeterZone(BaseModel):
    """One zone (防区) of the host, as a device of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[int, Field(ge=1, le=64, description="the zone's number on the host")]
    id: Annotated[str, Field(description="what the zone is called in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None


class PanelSettings(SerialSettings):
    """The host's address, its zones and the interval of polls."""

    address: Annotated[int, Field(ge=1, le=247, description="the host's address on the line")] = 1
    zones: tuple[PerimeterZone, ...] = ()
    poll: Annotated[
        Duration, Field(ge=timedelta(milliseconds=50), le=timedelta(minutes=1), description="interval of polls")
    ] = timedelta(seconds=2)
    missed_polls: Annotated[int, Field(ge=1, le=100, description="polls without an answer that mean a line fault")] = 3
    timezone: Annotated[str, Field(description="time zone of the host's clock")] = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:
            raise Wrong(f"{name!r} is no time zone", "write one like Asia/Shanghai") from error
        return name

    @model_validator(mode="after")
    def _check_zone_numbers(self) -> Self:
        numbers = [zone.number for zone in self.zones]
        for index, number in enumerate(numbers):
            if number in numbers[:index]:
                at = ("zones", index, "number")
                raise Wrong(f"zone number {number} is given to two zones", "number each as on the host", at)
        return self
