"""Parts of the YAML that several mapping drivers share: parts with numbers, and the device's clock."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.model import DeviceType
from gateway.settings.context import PlaceRef
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.timezones import TimeZoneName


class PartSettings(Section):
    """A zone, reader or other part that has a number of its own, as a device of its own."""

    number: Annotated[int | str, Field(description="as the device names it")]
    id: Annotated[str, Field(description="its id in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None
    type: Annotated[DeviceType, Field(description="what it is to the guard")] = DeviceType.ZONE


class DeviceClock(Section):
    """How the device writes its time; not needed for ISO 8601, nor for seconds or milliseconds since 1970."""

    format: Annotated[str | None, Field(description="as in strptime: %Y-%m-%d %H:%M:%S")] = None
    timezone: TimeZoneName = "Asia/Shanghai"


def check_unique_numbers(parts: tuple[PartSettings, ...], key: str) -> None:
    """Raises Wrong when two parts have the same number; `key` is where the parts are in the YAML."""
    numbers = [str(part.number) for part in parts]
    for index, number in enumerate(numbers):
        if number in numbers[:index]:
            raise Wrong(f"number {number} is given to two", "number each as the device does", (key, index))
