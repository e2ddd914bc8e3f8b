"""The contract of a driver: one file a device family under `drivers/`, or in a third party's package."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from gateway.errors import CommandFailed
from gateway.model import AccessList, Command, Device, DeviceType, Json, Signal, Text, Words


class DriverSettings(BaseModel):
    """What the YAML may say about a device of this kind, besides what every device has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def hints(self) -> Iterable[tuple[str, str, tuple[str | int, ...]]]:
        """Values that are allowed and are more often a mistake, each as (what, fix, keys from here to the value).

        `anju check` shows them and refuses nothing because of them.
        """
        return ()


@dataclass(frozen=True, slots=True)
class Part:
    """A device that hangs on another one and reports through its driver: a zone of a panel, a unit on a bus.

    It has the status of what it hangs on, unless it has a cadence of its own or its driver reports
    about it by `emit.heard(part)`, `emit.lost(part, why)` and `emit.refused(part, why)`.
    """

    id: str
    type: DeviceType
    name: str
    place: str | None = None
    cadence: timedelta | None = None
    actions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Commands for the part itself, each with the names of its arguments; `perform` gets them with the part's id."""
    on: str | None = None
    """The part it hangs on, as a contact on its unit, which must be listed before it. None: the device itself."""


def no_such_command(device: str, action: object) -> CommandFailed:
    """The error for `perform` to raise for an action that the device does not know."""
    return CommandFailed(Words("设备不支持这个指令", f"device {device} takes no command {action!r}"))


class Emit(Protocol):
    """What a driver reports through. It may report for its own device and its parts, and for no other."""

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        """Return the signal's number once it is committed; of a duplicate the first one's.

        Raises NotRecorded when it is not on disk: the device must not be acknowledged. `remembered` says that a broker
        delivered it from its memory, which is no sign that the device is alive.
        """
        ...

    async def quarantine(self, why: Text, data: bytes) -> None:
        """Commit bytes that can't be read, for the installer to see; `why` in both languages if you can.

        It is no sign that the device works: call `refused` too when the bytes came from it.
        """
        ...

    def heard(self, part: str | None = None) -> None:
        """Report a sign of life without a signal: an answered poll, a keep-alive. `part` None: the device."""
        ...

    def lost(self, part: str, why: Text) -> None:
        """Report that a part does not answer while the line works; the guard is told once, until it is heard again."""
        ...

    def refused(self, part: str | None, why: Text) -> None:
        """Report that the device (None) or a part answers, but what it says is not accepted: a wrong key, a clock that
        is hours ahead, unreadable data. Call it for each such message.

        The guard is told once, with `why`, which should say how to fix it, and again when `why` changes. `heard` ends
        it once nothing was refused for some seconds.
        """
        ...


class Driver(ABC):
    """Serves one device. The supervisor builds, runs and restarts it.

    It never retries and never reports itself offline: it raises. It knows no store, no rule and no other driver.
    """

    Settings: ClassVar[type[DriverSettings]] = DriverSettings
    LINK: ClassVar[str] = "none"
    """The kind of link it gets: one of `gateway/links/registry.py`, or the module of a third party's link."""
    TYPE: ClassVar[DeviceType] = DeviceType.SENSOR
    """The type of device that the guard sees, unless the YAML gives another."""
    ACTIONS: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Commands it can perform, each with the names of its arguments."""
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(hours=24)
    """How long the same source id and body mean the same signal."""
    LONGEST_PAUSE: ClassVar[timedelta] = timedelta(minutes=1)
    """The longest pause between two starts; make it shorter where a line carries alarms."""

    def __init__(self, device: Device, settings: Any, link: Any, emit: Emit) -> None:
        self.device = device
        self.settings = settings
        self.link = link
        self.emit = emit

    @classmethod
    def actions(cls, settings: Any) -> Mapping[str, frozenset[str]]:  # noqa: ARG003  # for drivers whose YAML says
        """The commands of a device with these settings."""
        return cls.ACTIONS

    @classmethod
    def parts(cls, settings: Any) -> Sequence[Part]:  # noqa: ARG003  # for panels to override
        """The parts of a device with these settings."""
        return ()

    @abstractmethod
    async def run(self) -> None:
        """Serve the device until cancelled; raise LinkLost (or OSError) when the link is lost.

        The guard reads the error's text: `LinkLost(Words("设备无应答，请检查供电", "no answer: check its power"))`.
        After LoginRefused, which is a LinkLost, the supervisor waits for minutes before it starts the driver again.
        """

    async def perform(self, command: Command) -> Json | None:
        """Carry out the command and return the device's answer. Raises CommandFailed."""
        raise no_such_command(self.device.id, command.action)

    @classmethod
    def takes_access_list(cls, settings: Any) -> bool:  # noqa: ARG003  # for controllers whose YAML says
        """Whether a device with these settings decides by a list of its own that the gateway sends."""
        return False

    async def load_access_list(self, new: AccessList) -> None:  # noqa: ARG002  # for controllers to override
        """Have the device decide by this list; return once it has confirmed that. Called again and again.

        Raises CommandFailed, LinkLost. The list holds card numbers: it may go to the device and nowhere else.
        """
        raise no_such_command(self.device.id, "load_access_list")

    def figures(self) -> Mapping[str, float]:
        """Metrics of this device for /metrics, by name, such as the seconds of its last poll cycle."""
        return {}
