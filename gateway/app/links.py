"""Every device's link: made once, so that what waits for a driver outlives the driver's restart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.config.configuration import DeviceEntry
from gateway.errors import LinkLost
from gateway.flow.emitter import Emitter
from gateway.limits import RefusalLog
from gateway.links.capture import Capture
from gateway.links.http_push import Pushes
from gateway.links.listen import ListenLink
from gateway.links.mqtt.client import BrokerClient
from gateway.links.mqtt.endpoint import Endpoint
from gateway.links.serial import SerialLink
from gateway.links.state_file import StateFile
from gateway.model import Words
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.sip.link import IntercomLinks, SipLink
from gateway.vision.pool import VisionPool
from gateway.vision.view.broadcast import LiveViewer

LinkOf = Callable[[Emitter, Callable[[], None]], Any]
"""Gives a driver's link, its hooks set: heard goes to the emitter, silent to the supervisor."""


@dataclass(frozen=True, slots=True)
class Links:
    """What links are made of; a door that the YAML does not open is None."""

    endpoint: Endpoint | None
    broker: BrokerClient | None
    vision: VisionPool
    calls: IntercomLinks = field(default_factory=IntercomLinks)
    pushes: Pushes = field(default_factory=Pushes)
    refusals: RefusalLog = field(default_factory=RefusalLog)
    receiver: int = 0
    """Connections that one receiver may have at most, whatever its YAML says; 0: as it says."""
    notes: Path | None = None
    """The folder of what lines must know again after a restart."""
    tapes: dict[str, Capture] = field(default_factory=dict)
    """Of the devices whose links carry bytes: what goes over them, for whoever listens."""

    def link_of(self, entry: DeviceEntry) -> LinkOf:
        """Raises nothing, for a new configuration must not stop half way.

        Handing it raises LinkLost where the YAML names a door that is not open, or the driver none that there is.
        """
        settings: Any = entry.settings  # a driver's Settings extend those of the link that it names
        link: Any = None
        match entry.driver.LINK:
            case "none":
                pass
            case "serial":
                link = SerialLink(settings)
            case "listen":
                most = self.receiver and min(settings.connections, self.receiver)
                few = settings.model_copy(update={"connections": most}) if most else settings
                link = ListenLink(few, self._notes(entry), self.refusals, entry.device.id)
            case "modbus":
                link = ModbusLink[Any](settings, self._notes(entry))
            case "sip":
                link = SipLink(settings)
                self.calls.add(entry.device.id, link)
            case "http":
                link = self.pushes.link(entry.device.id, settings)
            case "mqtt":
                return self._mqtt(entry)
            case "vision":
                link = self.vision.slot(entry.device.id)
            case strange:
                return _no_such(entry.device.kind, strange)
        return self._hooked(entry, link)

    async def picture(self, camera: str) -> bytes | None:
        """The newest JPEG of a camera; None while it has none."""
        return await self.vision.slot(camera).latest_jpeg()

    def view(self, camera: str, main: bool) -> AbstractContextManager[LiveViewer]:
        """A viewer of the live packets of a camera's sub or main stream. Raises LinkLost while there are none."""
        return self.vision.slot(camera).view(main=main)

    def unlink(self, device: str) -> None:
        """The device is no more, or gets another link in this turn of the loop."""
        self.tapes.pop(device, None)
        self.calls.remove(device)
        self.pushes.forget(device)
        for door in (self.endpoint, self.broker):
            if door is not None:
                door.unlink(device)

    def _notes(self, entry: DeviceEntry) -> StateFile:
        return StateFile(self.notes / f"{entry.device.id}.json" if self.notes else None)

    def _hooked(self, entry: DeviceEntry, link: Any) -> LinkOf:
        tape = getattr(link, "tape", None)
        if tape is not None:
            self.tapes[entry.device.id] = tape
        return _hooked(link)

    def _mqtt(self, entry: DeviceEntry) -> LinkOf:
        via = getattr(entry.settings, "via", "endpoint")
        door = self.broker if via == "broker" else self.endpoint
        if door is None:
            en = f"device {entry.device.id} comes in by mqtt.{via}, which opens with the next start"
            return _closed(Words("网关重启后才能连接，请通知安装员", en))
        return self._hooked(entry, door.link(entry.device.id, getattr(entry.settings, "account", "")))


def _no_such(kind: str, link: str) -> LinkOf:
    there_is = "none, serial, listen, http, modbus, mqtt, sip, vision"
    en = f"driver {kind} wants a link {link!r}; there is {there_is}"
    return _closed(Words("驱动要的线路类型不存在，请通知安装员", en))


def _closed(why: Words) -> LinkOf:
    def hand(_emit: Emitter, _silent: Callable[[], None]) -> Any:
        raise LinkLost(why)

    return hand


def _hooked(link: Any) -> LinkOf:
    def hand(emit: Emitter, silent: Callable[[], None]) -> Any:
        async def on_silent() -> None:
            silent()

        if hasattr(link, "on_heard"):
            link.on_heard = emit.heard
        if hasattr(link, "on_returned"):
            link.on_returned = emit.returned
        if hasattr(link, "on_refused"):
            link.on_refused = emit.refused
        if hasattr(link, "on_silent"):
            link.on_silent = on_silent
        return link

    return hand
