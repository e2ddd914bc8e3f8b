"""What the YAML says about a Modbus line, and how what hangs on it fits together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gateway.links.serial import SerialSettings
from gateway.protocols.modbus.rows import InterlockRow, Unit, twice
from gateway.settings.durations import Duration, PositiveDuration
from gateway.settings.mend import Wrong, did_you_mean

ANSWER_WITHIN, ANSWER_WITHIN_BY_NETWORK = 0.1, 0.3
"""Seconds, where the YAML does not say."""
ADDRESSES = range(1, 248)
"""Of modules on a line (Serial Line V1.02, 2.2): 0 is all at once, who answer nothing, and more are reserved."""
ADDRESSES_BY_TCP = frozenset({0, *ADDRESSES, 255})
"""A module on the network itself is called 255, or 0 (Messaging Guide V1.0b, 4.4.2.4)."""


class ModbusLineSettings(SerialSettings):
    LOW_LATENCY: ClassVar[bool] = True

    framing: Annotated[
        Literal["rtu", "tcp"], Field(description="rtu: as on RS-485, by a converter too; tcp: Modbus TCP")
    ] = "rtu"
    timeout: Annotated[
        PositiveDuration | None, Field(le=timedelta(seconds=5), description="how long a unit may take to answer")
    ] = None

    @property
    def answer_within(self) -> float:
        if self.timeout is not None:
            return self.timeout.total_seconds()
        return ANSWER_WITHIN_BY_NETWORK if self.converter else ANSWER_WITHIN

    @property
    def character_s(self) -> float:
        """Seconds a character takes on the wire; 0 where there is none."""
        bits = 1 + self.data_bits + (self.parity != "none") + self.stop_bits
        return 0.0 if self.framing == "tcp" else bits / self.baud

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.framing == "tcp" and self.converter is None:
            raise Wrong(f"{self.port!r} is no address for Modbus TCP", "write tcp://host:502", ("port",))
        return self


class ModbusIoSettings(ModbusLineSettings):
    units: Annotated[tuple[Unit, ...], Field(min_length=1)]
    cycle: Annotated[
        Duration, Field(ge=timedelta(milliseconds=20), le=timedelta(minutes=1), description="how often all are asked")
    ] = timedelta(seconds=1)
    missed_polls: Annotated[int, Field(ge=1, le=100, description="answers in a row that a lost unit left out")] = 3
    interlocks: tuple[InterlockRow, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if doubled := twice(unit.address for unit in self.units):
            raise Wrong(f"address {doubled[0]} is given to two units", "give each the address that is set at it")
        self._check_addresses()
        held: dict[str, str] = {}
        for row in self.interlocks:
            self._check_interlock(row, held)
        return self

    def hints(self) -> Iterable[tuple[str, str, tuple[str | int, ...]]]:
        for index, unit in enumerate(self.units):
            yield from ((what, mend, ("units", index, *at)) for what, mend, at in unit.hints())

    def _check_addresses(self) -> None:
        by_tcp = self.framing == "tcp"
        for index, unit in enumerate(self.units):
            if unit.address not in (ADDRESSES_BY_TCP if by_tcp else ADDRESSES):
                mend = "write 1 to 247, as set at it" + (", or 255 for one on the network itself" if by_tcp else "")
                raise Wrong(f"no module has address {unit.address}", mend, ("units", index, "address"))

    def _check_interlock(self, row: InterlockRow, held: dict[str, str]) -> None:
        inputs = {each.id for unit in self.units for each in unit.inputs}
        outputs = {each.id for unit in self.units for each in unit.outputs}
        barriers = {each.id for unit in self.units for each in unit.barriers}
        for cause in row.causes:
            if cause not in inputs:
                raise Wrong(f"{row.id} waits for {cause!r}, which is no input here", did_you_mean(cause, inputs))
        for device, state in row.hold.items():
            if device not in outputs | barriers:
                raise Wrong(
                    f"{row.id} holds {device!r}, which is no output here", did_you_mean(device, outputs | barriers)
                )
            if (state == "open") != (device in barriers):
                raise Wrong(f"{device} can't be held {state!r}", "hold barriers open, and outputs on or off")
            if held.setdefault(device, state) != state:
                raise Wrong(f"{device} is held on by one interlock and off by another", "hold it in one way")
