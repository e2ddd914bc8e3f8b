"""Settings of a Modbus line, and the checks across its units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gateway.links.serial import SerialSettings
from gateway.protocols.modbus.unit_settings import InterlockSettings, UnitSettings, duplicates
from gateway.settings.durations import Duration, PositiveDuration
from gateway.settings.mend import Wrong, did_you_mean

RTU_TIMEOUT_S, TCP_TIMEOUT_S = 0.1, 0.3
"""Default response timeouts, in seconds."""
RTU_ADDRESSES = range(1, 248)
"""Unit addresses on a serial line (Serial Line V1.02, 2.2): 0 is broadcast, without responses; above 247 reserved."""
TCP_ADDRESSES = frozenset({0, *RTU_ADDRESSES, 255})
"""A module that speaks TCP itself has address 255 or 0 (Messaging Guide V1.0b, 4.4.2.4)."""


class ModbusLineSettings(SerialSettings):
    """Port, framing and timeout of a line."""

    PROMPT: ClassVar[bool] = True

    framing: Annotated[
        Literal["rtu", "tcp"], Field(description="rtu: as on RS-485, by a converter too; tcp: Modbus TCP")
    ] = "rtu"
    timeout: Annotated[
        PositiveDuration | None, Field(le=timedelta(seconds=5), description="how long a unit may take to answer")
    ] = None

    @property
    def response_timeout_s(self) -> float:
        """How long to wait for a unit's response, without the time that the frames take on the wire."""
        if self.timeout is not None:
            return self.timeout.total_seconds()
        return TCP_TIMEOUT_S if self.converter else RTU_TIMEOUT_S

    @property
    def character_s(self) -> float:
        """Seconds one character takes on the wire; 0 on TCP."""
        # Start bit, data, parity, stop bits.
        bits = 1 + self.data_bits + (self.parity != "none") + self.stop_bits
        return 0.0 if self.framing == "tcp" else bits / self.baud

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.framing == "tcp" and self.converter is None:
            raise Wrong(f"{self.port!r} is no address for Modbus TCP", "write tcp://host:502", ("port",))
        return self


class ModbusIoSettings(ModbusLineSettings):
    """The units of a line, how often they are polled, and their interlocks."""

    units: Annotated[tuple[UnitSettings, ...], Field(min_length=1)]
    cycle: Annotated[
        Duration,
        Field(ge=timedelta(milliseconds=20), le=timedelta(minutes=1), description="how often all are polled"),
    ] = timedelta(seconds=1)
    missed_polls: Annotated[
        int, Field(ge=1, le=100, description="missed polls in a row after which a unit is lost")
    ] = 3
    interlocks: tuple[InterlockSettings, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if doubled := duplicates(unit.address for unit in self.units):
            raise Wrong(f"address {doubled[0]} is given to two units", "give each the address that is set at it")
        self._check_addresses()
        held: dict[str, str] = {}
        for row in self.interlocks:
            self._check_interlock(row, held)
        return self

    def hints(self) -> Iterable[tuple[str, str, tuple[str | int, ...]]]:
        """Numbers that look copied from a manual."""
        for index, unit in enumerate(self.units):
            yield from ((what, fix, ("units", index, *at)) for what, fix, at in unit.hints())

    def _check_addresses(self) -> None:
        by_tcp = self.framing == "tcp"
        for index, unit in enumerate(self.units):
            if unit.address not in (TCP_ADDRESSES if by_tcp else RTU_ADDRESSES):
                fix = "write 1 to 247, as set at it" + (", or 255 for one on the network itself" if by_tcp else "")
                raise Wrong(f"no module has address {unit.address}", fix, ("units", index, "address"))

    def _check_interlock(self, row: InterlockSettings, held: dict[str, str]) -> None:
        inputs = {each.id for unit in self.units for each in unit.inputs}
        outputs = {each.id for unit in self.units for each in unit.outputs}
        barriers = {each.id for unit in self.units for each in unit.barriers}
        for cause in row.causes:
            if cause not in inputs:
                raise Wrong(
                    f"{row.id} is triggered by {cause!r}, which is no input of this line",
                    did_you_mean(cause, inputs),
                )
        for device, state in row.hold.items():
            if device not in outputs | barriers:
                raise Wrong(
                    f"{row.id} holds {device!r}, which is no output of this line",
                    did_you_mean(device, outputs | barriers),
                )
            if (state == "open") != (device in barriers):
                raise Wrong(f"{device} can't be held {state!r}", "hold barriers open, and outputs on or off")
            # Otherwise the result would depend on the order of the interlocks.
            if held.setdefault(device, state) != state:
                raise Wrong(f"{device} is held on by one interlock and off by another", "hold it in one way")
