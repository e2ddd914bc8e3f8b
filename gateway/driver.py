"""The contract a driver keeps. One file a device family under `drivers/`, or anyone's own package."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from gateway.errors import CommandFailed
from gateway.model import Command, Device, DeviceType, Json, Said, Signal, Words


class DriverSettings(BaseModel):
    """What the YAML may say about a device of this kind, besides what every device has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def hints(self) -> Iterable[tuple[str, str, tuple[str | int, ...]]]:
        """What may be right and is more often a mistake, each as (what, mend, keys from here to the value).

        `anju check` shows it, and nothing is refused for it.
        """
        return ()


@dataclass(frozen=True, slots=True)
class Part:
    """A device that hangs on another one and speaks through its driver: a zone of a panel, a unit on a bus.

    It is as well as what it hangs on, unless it has a cadence of its own or its driver tells
    of it by `emit.heard(part)`, `emit.lost(part, why)` and `emit.refused(part, why)`.
    """

    id: str
    type: DeviceType
    name: str
    place: str | None = None
    cadence: timedelta | None = None
    actions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Commands it takes itself, each with the names of its arguments; `perform` gets them with its id."""
    on: str | None = None
    """The part it hangs on, a contact its unit, which is listed before it; None: the device itself."""


def no_such_command(device: str, action: object) -> CommandFailed:
    """For `perform` to raise."""
    return CommandFailed(Words("设备不支持这个指令", f"device {device} takes no command {action!r}"))


class Emit(Protocol):
    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        """Returns the journal's number once the signal is committed (the first one's for a duplicate).

        Raises NotRecorded when it is not on disk: the device must not be acknowledged. `remembered`: somebody else
        (a broker) told it from memory, which is no sign that the device lives.
        """
        ...

    async def quarantine(self, why: Said, data: bytes) -> None:
        """Commit bytes that can't be read, for the installer to see; `why` in both languages if you can.

        It is no sign that the device works: call `refused` too when the bytes came from it.
        """
        ...

    def heard(self, part: str | None = None) -> None:
        """Note that the device (or this part of it) lives, without a signal: a poll answered, a keep-alive."""
        ...

    def lost(self, part: str, why: Said) -> None:
        """Note that a part does not answer while its line stands; said to the guard once, until it is heard."""
        ...

    def refused(self, part: str | None, why: Said) -> None:
        """Note that the device (None) or a part answers, but what it says is not taken: a wrong key, a clock that is
        hours ahead, data that can't be read. To be called at each such report.

        Said to the guard once, with `why` and how to mend it, and again when `why` is another one. `heard` ends it
        once nothing was refused for some seconds.
        """
        ...


class Driver(ABC):
    """Built, run and restarted by the supervisor.

    Never retries, never says it is offline, never touches store, rules or another driver.
    """

    Settings: ClassVar[type[DriverSettings]] = DriverSettings
    LINK: ClassVar[str] = "none"
    """Which link the supervisor hands in: `none`, `serial`, `listen`, `http`, `modbus`, `mqtt`, `sip` or `vision`."""
    TYPE: ClassVar[DeviceType] = DeviceType.SENSOR
    """What the device is to the guard, unless its YAML says otherwise."""
    ACTIONS: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Commands it can perform, each with the names of its arguments."""
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(hours=24)
    """How long the same source id and body mean the same signal."""
    LONGEST_PAUSE: ClassVar[timedelta] = timedelta(minutes=1)
    """How long the supervisor waits at most between two tries: shorter where a line carries alarms."""

    def __init__(self, device: Device, settings: Any, link: Any, emit: Emit) -> None:
        self.device = device
        self.settings = settings
        self.link = link
        self.emit = emit

    @classmethod
    def actions(cls, settings: Any) -> Mapping[str, frozenset[str]]:  # noqa: ARG003  # for drivers whose YAML says
        """The commands this device takes, from its settings alone."""
        return cls.ACTIONS

    @classmethod
    def parts(cls, settings: Any) -> Sequence[Part]:  # noqa: ARG003  # for panels to override
        """The devices that speak through this one, from its settings alone."""
        return ()

    @abstractmethod
    async def run(self) -> None:
        """Serve the device until cancelled; raise LinkLost (or OSError) when the link is lost.

        What it says is what the guard reads: `LinkLost(Words("设备无应答，请检查供电", "no answer: check its power"))`.

        LoginRefused, which is a LinkLost, has the supervisor wait for minutes before it tries again.
        """

    async def perform(self, command: Command) -> Json | None:
        """Do it and return what the device answered, or raise CommandFailed."""
        raise no_such_command(self.device.id, command.action)

    def figures(self) -> Mapping[str, float]:
        """What /metrics is to show of this device, by name: the seconds of its last cycle, say."""
        return {}
