"""The factories of the built-in links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gateway.errors import LinkLost
from gateway.links.capture import Capture
from gateway.links.contract import LinkFactory, LinkHooks, LinkRequest
from gateway.links.http_push import PushLink, PushRegistry
from gateway.links.listen import ListenLink
from gateway.links.mqtt.client import BrokerClient, BrokerLink
from gateway.links.mqtt.endpoint import MqttEndpoint
from gateway.links.mqtt.endpoint_link import EndpointLink
from gateway.links.serial import SerialLink
from gateway.model import Words
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.sip.link import IntercomLinks, SipLink
from gateway.vision.pool import VisionPool


class NoLinkFactory(LinkFactory[None]):
    """`none`: for drivers that open their own connection."""

    def make(self, request: LinkRequest) -> None:
        """There is nothing to hand over."""


class SerialLinkFactory(LinkFactory[SerialLink]):
    """`serial`: a serial port of this machine, or one behind a converter to Ethernet."""

    def make(self, request: LinkRequest) -> SerialLink:
        """See LinkFactory."""
        return SerialLink(request.settings)

    def connect(self, link: SerialLink, hooks: LinkHooks) -> None:
        """See LinkFactory."""
        link.on_heard = hooks.heard

    def capture(self, link: SerialLink) -> Capture:
        """See LinkFactory."""
        return link.capture


class ListenLinkFactory(LinkFactory[ListenLink]):
    """`listen`: a port that devices connect to.

    `max_connections` bounds each receiver whatever its YAML says, where the process may have few descriptors; 0: no
    such bound.
    """

    def __init__(self, max_connections: int) -> None:
        self._max_connections = max_connections

    def make(self, request: LinkRequest) -> ListenLink:
        """See LinkFactory."""
        settings = request.settings
        if self._max_connections and self._max_connections < settings.connections:
            settings = settings.model_copy(update={"connections": self._max_connections})
        return ListenLink(settings, request.state_file, request.refusals, request.device)

    def capture(self, link: ListenLink) -> Capture:
        """See LinkFactory."""
        return link.capture


class ModbusLinkFactory(LinkFactory[ModbusLink[Any]]):
    """`modbus`: Modbus RTU on a serial port, or Modbus TCP."""

    def make(self, request: LinkRequest) -> ModbusLink[Any]:
        """See LinkFactory."""
        return ModbusLink[Any](request.settings, request.state_file)

    def capture(self, link: ModbusLink[Any]) -> Capture:
        """See LinkFactory."""
        return link.capture


class SipLinkFactory(LinkFactory[SipLink]):
    """`sip`: the intercom engine. `calls` is how the guard room's pages find a call."""

    def __init__(self, calls: IntercomLinks) -> None:
        self._calls = calls

    def make(self, request: LinkRequest) -> SipLink:
        """See LinkFactory."""
        link = SipLink(request.settings)
        self._calls.add(request.device, link)
        return link

    def unlink(self, device: str) -> None:
        """See LinkFactory."""
        self._calls.remove(device)


class HttpLinkFactory(LinkFactory[PushLink]):
    """`http`: devices that push by HTTP. `pushes` is how the web finds the device of a request."""

    def __init__(self, pushes: PushRegistry) -> None:
        self._pushes = pushes

    def make(self, request: LinkRequest) -> PushLink:
        """See LinkFactory."""
        return self._pushes.link(request.device, request.settings)

    def connect(self, link: PushLink, hooks: LinkHooks) -> None:
        """See LinkFactory."""
        link.on_refused = hooks.refused

    def capture(self, link: PushLink) -> Capture:
        """See LinkFactory."""
        return link.capture

    def unlink(self, device: str) -> None:
        """See LinkFactory."""
        self._pushes.forget(device)


class MqttLinkFactory(LinkFactory[EndpointLink | BrokerLink]):
    """`mqtt`: through the gateway's own endpoint or through a broker, as the device's `via` says."""

    def __init__(self, endpoint: MqttEndpoint | None, broker: BrokerClient | None) -> None:
        self._endpoint, self._broker = endpoint, broker

    def make(self, request: LinkRequest) -> EndpointLink | BrokerLink:
        """See LinkFactory. Raises LinkLost where the YAML was changed to use MQTT while the gateway runs."""
        via = getattr(request.settings, "via", "endpoint")
        server = self._broker if via == "broker" else self._endpoint
        if server is None:
            en = f"device {request.device} comes in by mqtt.{via}, which opens with the next start"
            raise LinkLost(Words("网关重启后才能连接，请通知安装员", en))
        return server.link(request.device, getattr(request.settings, "account", ""))

    def connect(self, link: EndpointLink | BrokerLink, hooks: LinkHooks) -> None:
        """See LinkFactory."""
        link.on_heard, link.on_returned = hooks.heard, hooks.returned
        link.on_refused, link.on_silent = hooks.refused, hooks.silent

    def capture(self, link: EndpointLink | BrokerLink) -> Capture:
        """See LinkFactory."""
        return link.capture

    def unlink(self, device: str) -> None:
        """See LinkFactory. A device that moved from one to the other must be forgotten by the one it left."""
        for server in (self._endpoint, self._broker):
            if server is not None:
                server.unlink(device)


class _ReportsHeard(Protocol):
    """A link with this hook alone, such as a camera's slot in a vision worker."""

    on_heard: Callable[[], None] | None


class VisionLinkFactory(LinkFactory[_ReportsHeard]):
    """`vision`: a camera's slot in a vision worker."""

    def __init__(self, pool: VisionPool) -> None:
        self._pool = pool

    def make(self, request: LinkRequest) -> _ReportsHeard:
        """See LinkFactory."""
        return self._pool.slot(request.device)

    def connect(self, link: _ReportsHeard, hooks: LinkHooks) -> None:
        """See LinkFactory."""
        link.on_heard = hooks.heard
