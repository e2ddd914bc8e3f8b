"""Settings of the units of a Modbus line, and of the devices on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gateway.model import DeviceType, is_kind
from gateway.protocols.contacts.contact import RESTORE_KINDS
from gateway.protocols.modbus.request import MAX_BITS, MAX_REGISTERS, Table
from gateway.settings.context import PlaceRef
from gateway.settings.durations import Duration, PositiveDuration
from gateway.settings.mend import Wrong, did_you_mean

DEFAULT_KINDS = {DeviceType.DOOR: ("door.unlocked", "door.locked")}
"""The signal kinds of an output's changes (active, normal) if the YAML does not name them."""

_MANUAL_NUMBERING = {Table.DISCRETE: 10001, Table.INPUT: 30001, Table.HOLDING: 40001}
"""The number that manuals give to the first entry of a table (Modicon's). A coil's 1 can't be told from our 1."""
_MANUAL_TABLE_SIZE = 9999


class SettingsModel(BaseModel):
    """Frozen; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NamedSettings(SettingsModel):
    """A device of its own in rules and screens."""

    id: Annotated[str, Field(description="its id in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None


def _kind(value: str) -> str:
    if not is_kind(value):
        raise Wrong(f"{value!r} is no kind of signal", did_you_mean(value, RESTORE_KINDS, "use one such as"))
    return value


Kind = Annotated[str, AfterValidator(_kind)]


class ContactKinds(SettingsModel):
    """The signal kinds of a contact's changes."""

    active: Annotated[Kind | None, Field(description="when it becomes active")] = None
    rest: Annotated[Kind | None, Field(description="when it is normal again")] = None


def _expand_kinds(value: Any) -> Any:
    """A single kind, such as `zone.alarm`, stands for itself and the kind that ends it."""
    if isinstance(value, str):
        return {"active": _kind(value), "rest": RESTORE_KINDS.get(value)}
    return value


Number = Annotated[int, Field(ge=0, le=0xFFFF, description="its number in the table, the first is 0")]
Bit = Annotated[int, Field(ge=0, le=15, description="its bit in a register, the lowest is 0")]


class InputSettings(NamedSettings):
    """A dry contact."""

    number: Number
    bit: Bit = 0
    table: Annotated[Table, Field(description="the table of its module that holds it")] = Table.DISCRETE
    type: DeviceType = DeviceType.ZONE
    means: Annotated[ContactKinds, BeforeValidator(_expand_kinds, json_schema_input_type=Kind | ContactKinds)]
    normally: Annotated[Literal["open", "closed"], Field(description="the contact's normal position")] = "open"
    debounce: Annotated[Duration, Field(description="how long a change must last")] = timedelta()


class OutputSettings(NamedSettings):
    """A relay: siren, light, strike."""

    number: Number
    type: DeviceType = DeviceType.SIREN
    normally: Annotated[Literal["off", "on"], Field(description="its state without a command")] = "off"
    pulse: Annotated[PositiveDuration, Field(description="how long a pulse lasts by default")] = timedelta(seconds=3)
    longest: Annotated[
        PositiveDuration | None, Field(description="how long it may differ from its normal state, whoever switched it")
    ] = None
    means: Annotated[ContactKinds | None, Field(description="the signal kinds of its changes")] = None

    @property
    def kinds(self) -> tuple[str | None, str | None]:
        """The signal kinds when it leaves its normal state, and when it returns."""
        return (self.means.active, self.means.rest) if self.means else DEFAULT_KINDS.get(self.type, (None, None))


class SensorSettings(SettingsModel):
    """An input that only its barrier uses."""

    number: Number
    bit: Bit = 0
    table: Table = Table.DISCRETE
    normally: Literal["open", "closed"] = "open"


def _expand_sensor(value: Any) -> Any:
    return {"number": value} if isinstance(value, int) else value


SensorInput = Annotated[SensorSettings, BeforeValidator(_expand_sensor, json_schema_input_type=Number | SensorSettings)]


class BarrierRelays(SettingsModel):
    """Coils, each switched on for `pulse`."""

    open: Number
    close: Number
    stop: Number | None = None


class BarrierSensors(SettingsModel):
    """Inputs of a barrier; each may be absent."""

    opened: Annotated[SensorInput | None, Field(description="limit switch: it is up")] = None
    closed: Annotated[SensorInput | None, Field(description="limit switch: it is down")] = None
    loop: Annotated[SensorInput | None, Field(description="loop detector: a car stands there")] = None
    edge: Annotated[SensorInput | None, Field(description="anti-crush edge or light curtain")] = None


class BarrierSettings(NamedSettings):
    """A gate barrier: its relays and sensors."""

    outputs: BarrierRelays
    inputs: BarrierSensors = BarrierSensors()
    pulse: Annotated[PositiveDuration, Field(description="how long a relay is switched on")] = timedelta(seconds=1)
    travel: Annotated[PositiveDuration, Field(description="how long a move may take before it is a fault")] = timedelta(
        seconds=8
    )


class UnitSettings(NamedSettings):
    """One module (unit) on the line."""

    address: Annotated[int, Field(ge=0, le=255, description="as set at the module")]
    inputs: tuple[InputSettings, ...] = ()
    outputs: tuple[OutputSettings, ...] = ()
    barriers: tuple[BarrierSettings, ...] = ()

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        coils = [output.number for output in self.outputs] + [
            number
            for barrier in self.barriers
            for number in barrier.outputs.model_dump().values()
            if number is not None
        ]
        # Two devices on one coil would switch it back and forth.
        if doubled := duplicates(coils):
            raise Wrong(f"output {doubled[0]} of unit {self.address} is given twice", "each relay serves one device")
        if not self.numbers():
            raise Wrong(f"unit {self.address} has nothing", "give it inputs, outputs or barriers, or take it out")
        for table, numbers in self.numbers().items():
            limit = MAX_BITS if table.has_bits else MAX_REGISTERS
            # The first request reads the whole range of a table.
            if max(numbers) - min(numbers) >= limit:
                span = f"{table} {min(numbers)} to {max(numbers)} of unit {self.address}"
                what = f"{span} is more than one response can hold"
                raise Wrong(what, f"use numbers that are less than {limit} apart")
        return self

    def hints(self) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
        """Warn of numbers copied from a manual, which begin with the table's digit and count from 1."""
        numbers: list[tuple[tuple[str | int, ...], int]] = [
            *((("inputs", index, "number"), each.number) for index, each in enumerate(self.inputs)),
            *((("outputs", index, "number"), each.number) for index, each in enumerate(self.outputs)),
        ]
        for index, barrier in enumerate(self.barriers):
            sensors = [(name, sensor) for name, sensor in barrier.inputs if sensor is not None]
            numbers += [(("barriers", index, "inputs", name), sensor.number) for name, sensor in sensors]
        for at, number in numbers:
            for table, first in _MANUAL_NUMBERING.items():
                if first <= number < first + _MANUAL_TABLE_SIZE:
                    what = f"number {number} of unit {self.address} looks like one of a manual, where {table}"
                    what += f" begins with {first}"
                    yield what, f"if the manual says so, write {number - first} with table: {table}", at

    def numbers(self) -> dict[Table, list[int]]:
        """The numbers in use, by table."""
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


class InterlockSettings(NamedSettings):
    """Fire linkage: carried out in the driver, without rules, disk or network; no command overrides it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    causes: Annotated[tuple[str, ...], Field(alias="while", min_length=1, description="inputs; any of them engages it")]
    hold: Annotated[
        dict[str, Literal["on", "off", "open"]],
        Field(min_length=1, description="what it holds, and in which state"),
    ]
    restore: Annotated[
        Literal["person", "clearing"],
        Field(description="person: by `reset`, once the inputs are normal; clearing: as soon as they are"),
    ] = "person"


def duplicates(numbers: Iterable[int]) -> list[int]:
    """Those that occur more than once, sorted."""
    return sorted(number for number, times in Counter(numbers).items() if times > 1)
