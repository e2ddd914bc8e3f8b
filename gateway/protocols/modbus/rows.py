"""The rows of a Modbus line in the YAML: units, and what hangs on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gateway.model import DeviceType, is_kind
from gateway.protocols.contacts.contact import ENDS
from gateway.protocols.modbus.request import MOST_BITS, MOST_REGISTERS, Table
from gateway.settings.context import PlaceRef
from gateway.settings.durations import Duration, PositiveDuration
from gateway.settings.mend import Wrong, did_you_mean

BY_TYPE = {DeviceType.DOOR: ("door.unlocked", "door.locked")}
"""What an output's turns are told as, where the YAML does not say."""


_FIRST = {Table.DISCRETE: 10001, Table.INPUT: 30001, Table.HOLDING: 40001}
"""What manuals call the first entry of a table (Modicon's numbering); a coil's 1 can't be told from our 1."""
_COUNTED = 9999


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Row):
    id: Annotated[str, Field(description="what it is called in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None


def _kind(value: str) -> str:
    if not is_kind(value):
        raise Wrong(f"{value!r} is no kind of signal", did_you_mean(value, ENDS, "use one such as"))
    return value


Kind = Annotated[str, AfterValidator(_kind)]


class Means(Row):
    """The kinds that a contact's turns are told as."""

    active: Annotated[Kind | None, Field(description="when it leaves its rest")] = None
    rest: Annotated[Kind | None, Field(description="when it is back at rest")] = None


def _means(value: Any) -> Any:
    """`zone.alarm` alone stands for it and what ends it."""
    if isinstance(value, str):
        return {"active": _kind(value), "rest": ENDS.get(value)}
    return value


Number = Annotated[int, Field(ge=0, le=0xFFFF, description="its number in the table, the first is 0")]
Bit = Annotated[int, Field(ge=0, le=15, description="its place in a register, the lowest is 0")]


class Input(Named):
    """A dry contact."""

    number: Number
    bit: Bit = 0
    table: Annotated[Table, Field(description="where its module keeps it")] = Table.DISCRETE
    type: DeviceType = DeviceType.ZONE
    means: Annotated[Means, BeforeValidator(_means, json_schema_input_type=Kind | Means)]
    normally: Annotated[Literal["open", "closed"], Field(description="how the contact is at rest")] = "open"
    debounce: Annotated[Duration, Field(description="how long it must last")] = timedelta()


class Output(Named):
    """A relay: siren, light, strike."""

    number: Number
    type: DeviceType = DeviceType.SIREN
    normally: Annotated[Literal["off", "on"], Field(description="how it is when nobody wants anything of it")] = "off"
    pulse: Annotated[PositiveDuration, Field(description="how long a pulse lasts that does not say")] = timedelta(
        seconds=3
    )
    longest: Annotated[
        PositiveDuration | None, Field(description="how long it may be away from that, whoever switched it")
    ] = None
    means: Annotated[Means | None, Field(description="the kinds its turns are told as")] = None

    @property
    def kinds(self) -> tuple[str | None, str | None]:
        """Told when it leaves its rest, and when it is back."""
        return (self.means.active, self.means.rest) if self.means else BY_TYPE.get(self.type, (None, None))


class Sensor(Row):
    """An input that only its barrier reads."""

    number: Number
    bit: Bit = 0
    table: Table = Table.DISCRETE
    normally: Literal["open", "closed"] = "open"


def _sensor(value: Any) -> Any:
    return {"number": value} if isinstance(value, int) else value


SensorAt = Annotated[Sensor, BeforeValidator(_sensor, json_schema_input_type=Number | Sensor)]


class Relays(Row):
    """Coils, each on for `pulse`."""

    open: Number
    close: Number
    stop: Number | None = None


class Sensors(Row):
    opened: Annotated[SensorAt | None, Field(description="limit: it is up")] = None
    closed: Annotated[SensorAt | None, Field(description="limit: it is down")] = None
    loop: Annotated[SensorAt | None, Field(description="loop detector: a car stands there")] = None
    edge: Annotated[SensorAt | None, Field(description="anti-crush edge or light curtain: something is there")] = None


class BarrierRow(Named):
    outputs: Relays
    inputs: Sensors = Sensors()
    pulse: Annotated[PositiveDuration, Field(description="how long a relay is on")] = timedelta(seconds=1)
    travel: Annotated[PositiveDuration, Field(description="how long a way may take before it is a fault")] = timedelta(
        seconds=8
    )


class Unit(Named):
    """One module on the line."""

    address: Annotated[int, Field(ge=0, le=255, description="as set at the module")]
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    barriers: tuple[BarrierRow, ...] = ()

    @model_validator(mode="after")
    def _in_reach(self) -> Self:
        coils = [output.number for output in self.outputs] + [
            number
            for barrier in self.barriers
            for number in barrier.outputs.model_dump().values()
            if number is not None
        ]
        if doubled := twice(coils):
            raise Wrong(f"output {doubled[0]} of unit {self.address} is given twice", "one relay does one thing")
        if not self.numbers():
            raise Wrong(f"unit {self.address} has nothing", "give it inputs, outputs or barriers, or take it out")
        for table, numbers in self.numbers().items():
            most = MOST_BITS if table.has_bits else MOST_REGISTERS
            if max(numbers) - min(numbers) >= most:
                what = (
                    f"{table} {min(numbers)} to {max(numbers)} of unit {self.address} is more than it can tell at once"
                )
                raise Wrong(what, f"use numbers that are less than {most} apart")
        return self

    def hints(self) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
        """Numbers that manuals print, which have the table in front and count from 1."""
        numbers: list[tuple[tuple[str | int, ...], int]] = [
            *((("inputs", index, "number"), each.number) for index, each in enumerate(self.inputs)),
            *((("outputs", index, "number"), each.number) for index, each in enumerate(self.outputs)),
        ]
        for index, barrier in enumerate(self.barriers):
            sensors = [(name, sensor) for name, sensor in barrier.inputs if sensor is not None]
            numbers += [(("barriers", index, "inputs", name), sensor.number) for name, sensor in sensors]
        for at, number in numbers:
            for table, first in _FIRST.items():
                if first <= number < first + _COUNTED:
                    what = f"number {number} of unit {self.address} looks like one of a manual, where {table}"
                    what += f" begins with {first}"
                    yield what, f"if the manual says so, write {number - first} with table: {table}", at

    def numbers(self) -> dict[Table, list[int]]:
        """All that is used of each table."""
        used: dict[Table, list[int]] = {}
        for table, number in self._points():
            used.setdefault(table, []).append(number)
        return used

    def _points(self) -> Iterator[tuple[Table, int]]:
        for contact in self.inputs:
            yield contact.table, contact.number
        for output in self.outputs:
            yield Table.COIL, output.number
        for barrier in self.barriers:
            yield from ((Table.COIL, number) for _, number in barrier.outputs if number is not None)
            yield from ((sensor.table, sensor.number) for _, sensor in barrier.inputs if sensor is not None)


class InterlockRow(Named):
    """Fire linkage: carried out here, without rules, disk or network, and not to be overridden."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    causes: Annotated[tuple[str, ...], Field(alias="while", min_length=1, description="inputs, any of which begins it")]
    hold: Annotated[dict[str, Literal["on", "off", "open"]], Field(min_length=1, description="what is held, and how")]
    restore: Annotated[
        Literal["person", "clearing"],
        Field(description="person: by `reset`, once the inputs rest; clearing: as soon as they rest"),
    ] = "person"


def twice(numbers: Iterable[int]) -> list[int]:
    return sorted(number for number, times in Counter(numbers).items() if times > 1)
