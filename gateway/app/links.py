"""Makes every device's link once, so that what waits for a driver outlives the driver's restart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import structlog

from gateway.app.link_factories import (
    HttpLinkFactory,
    ListenLinkFactory,
    ModbusLinkFactory,
    MqttLinkFactory,
    NoLinkFactory,
    SerialLinkFactory,
    SipLinkFactory,
    VisionLinkFactory,
)
from gateway.config.configuration import DeviceEntry
from gateway.config.kinds import find_link
from gateway.errors import LinkLost
from gateway.flow.emitter import Emitter
from gateway.limits import RefusalLog
from gateway.links.capture import Capture
from gateway.links.contract import LinkFactory, LinkHooks, LinkRequest
from gateway.links.http_push import PushRegistry
from gateway.links.mqtt.client import BrokerClient
from gateway.links.mqtt.endpoint import MqttEndpoint
from gateway.links.registry import LinkRegistry
from gateway.links.state_file import StateFile
from gateway.model import Text, Words
from gateway.protocols.sip.link import IntercomLinks
from gateway.settings.mend import Wrong
from gateway.vision.pool import VisionPool
from gateway.vision.view.broadcast import LiveViewer

log = structlog.get_logger(__name__)
LinkOf = Callable[[Emitter, Callable[[], None]], Any]
"""Gives a driver its link at each start, its hooks connected: to the emitter, and `silent` to the supervisor."""


class Links:
    """The links of all devices, and what they are made of. `endpoint` or `broker` is None where the YAML has none.

    `max_receiver_connections` bounds each receiver whatever its YAML says; 0: no such bound. `state_folder` holds
    what links must know again after a restart; None keeps nothing.
    """

    def __init__(
        self,
        endpoint: MqttEndpoint | None,
        broker: BrokerClient | None,
        vision: VisionPool,
        *,
        refusals: RefusalLog | None = None,
        max_receiver_connections: int = 0,
        state_folder: Path | None = None,
    ) -> None:
        self.endpoint, self.broker, self.vision = endpoint, broker, vision
        self.calls, self.pushes = IntercomLinks(), PushRegistry()
        self.captures: dict[str, Capture] = {}
        """By device, of links that carry bytes: what goes over them, for `anju capture`."""
        self._refusals = refusals or RefusalLog()
        self._state_folder = state_folder
        self._registry = LinkRegistry(
            {
                "none": NoLinkFactory(),
                "serial": SerialLinkFactory(),
                "listen": ListenLinkFactory(max_receiver_connections),
                "http": HttpLinkFactory(self.pushes),
                "modbus": ModbusLinkFactory(),
                "mqtt": MqttLinkFactory(endpoint, broker),
                "sip": SipLinkFactory(self.calls),
                "vision": VisionLinkFactory(vision),
            },
            find_link,
        )

    def link_of(self, entry: DeviceEntry) -> LinkOf:
        """What gives the device's driver its link. Raises nothing, for a new configuration must not stop half way.

        What it returns raises LinkLost where there can be no link now.
        """
        try:
            factory = self._registry.factory(entry.driver.LINK)
            link = factory.make(self._request(entry))
            capture = factory.capture(link)
        except LinkLost as error:
            return _unavailable(error.why)
        except Wrong as error:  # `anju check` says the same; here only for what changed since
            en = f"driver {entry.device.kind} names a link that can't be used: {error}"
            return _unavailable(Words("驱动要的线路类型不存在，请通知安装员", en))
        except Exception as error:  # a third party's factory runs here, and may raise anything
            log.exception("a link could not be made", device=entry.device.id, link=entry.driver.LINK)
            en = f"the link {entry.driver.LINK} of driver {entry.device.kind} failed ({type(error).__name__}: {error})"
            return _unavailable(Words("驱动的线路出错，请通知安装员", en))
        if capture is not None:
            self.captures[entry.device.id] = capture
        return _connected(factory, link)

    async def picture(self, camera: str) -> bytes | None:
        """The newest JPEG of a camera; None while it has none."""
        return await self.vision.slot(camera).latest_jpeg()

    def view(self, camera: str, main: bool) -> AbstractContextManager[LiveViewer]:
        """A viewer of the live packets of a camera's sub or main stream. Raises LinkLost while there are none."""
        return self.vision.slot(camera).view(main=main)

    def unlink(self, device: str) -> None:
        """The device was removed, or gets another link in this turn of the loop."""
        self.captures.pop(device, None)
        # All factories, for the device's former driver may have named another link than its new one.
        for factory in self._registry:
            try:
                factory.unlink(device)
            except Exception:  # a third party's, which must not stop a new configuration half way
                log.exception("a link could not be released", device=device)

    def _request(self, entry: DeviceEntry) -> LinkRequest:
        # By device, not by link: a device that gets another driver keeps its file, which the driver may ignore.
        file = self._state_folder / f"{entry.device.id}.json" if self._state_folder else None
        return LinkRequest(entry.device.id, entry.settings, StateFile(file), self._refusals)


def _unavailable(why: Text) -> LinkOf:
    def give(_emit: Emitter, _silent: Callable[[], None]) -> Any:
        raise LinkLost(why)

    return give


def _connected(factory: LinkFactory[Any], link: Any) -> LinkOf:
    def give(emit: Emitter, silent: Callable[[], None]) -> Any:
        async def on_silent() -> None:
            silent()

        factory.connect(link, LinkHooks(emit.heard, emit.returned, emit.refused, on_silent))
        return link

    return give
