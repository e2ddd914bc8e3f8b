"""The gateway's own MQTT endpoint: devices connect to it, and an acknowledgement means committed.

Devices publish signals and receive their own commands. Nothing is routed from one device to another, and the
endpoint retains nothing of what they publish. MQTT 3.1.1 and 5, QoS 0 and 1.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from gateway.limits import RefusalLog
from gateway.links.accept import RefusalReporter, accept_connections, listening_sockets
from gateway.links.mqtt.accounts import DeviceAccounts
from gateway.links.mqtt.connection import MqttConnection
from gateway.links.mqtt.delivery import Delivery, PendingDeliveries
from gateway.links.mqtt.endpoint_link import EndpointLink
from gateway.links.mqtt.limits import EndpointLimits, MqttCounters
from gateway.links.mqtt.router import Router
from gateway.links.mqtt.server import MqttServer
from gateway.links.mqtt.session import Sessions
from gateway.links.mqtt.unrouted import KeepInQuarantine, UnroutedMessages
from gateway.model import Words


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where to listen; port 0 takes a free one. There is a second listener if there is a `tls` context."""

    host: str = "127.0.0.1"
    port: int = 1883
    tls: ssl.SSLContext | None = None
    tls_host: str = "127.0.0.1"
    tls_port: int = 8883


class MqttEndpoint:
    """Use it as an async context manager; links may be made before and after it is entered."""

    def __init__(
        self,
        settings: EndpointSettings,
        accounts: Mapping[str, str],
        keep_in_quarantine: KeepInQuarantine,
        limits: EndpointLimits | None = None,
        refusals: RefusalLog | None = None,
    ) -> None:
        self.limits = limits or EndpointLimits()
        self.counters = MqttCounters()
        self.port = settings.port
        self.tls_port = settings.tls_port
        self._settings = settings
        self._accounts = DeviceAccounts(accounts)
        self._reporter = RefusalReporter("mqtt", refusals or RefusalLog())
        self._unrouted = UnroutedMessages(keep_in_quarantine, self.counters)
        self._sessions = Sessions()
        self._router = Router(self._new_pending, self._unclaimed)
        self._server = MqttServer(
            self.limits, self.counters, self._accounts, self._sessions, self._router, self._unrouted, self._reporter
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        settings = self._settings
        async with AsyncExitStack() as stack:
            self._server.tasks = self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.callback(self._server.close)  # before the group is left, which waits for the connections' tasks
            self.port = await self._listen(stack, settings.host, settings.port, None)
            if settings.tls is not None:
                self.tls_port = await self._listen(stack, settings.tls_host, settings.tls_port, settings.tls)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)

    def link(self, device: str, account: str) -> EndpointLink:
        """The link of one device of an account. The topics of our own format are the device's from now on."""
        link = EndpointLink(device, account, self._router, self._new_pending(), self._sessions)
        self._router.add(link)
        return link

    def unlink(self, device: str) -> None:
        """The device was removed, or is linked again in this turn of the loop."""
        self._router.remove(device)

    @property
    def has_free_slots(self) -> bool:
        """False for a minute after a device with the right password was refused because all slots were taken."""
        return self._server.has_free_slots

    def set_accounts(self, accounts: Mapping[str, str]) -> None:
        """Replace the accounts. Connections whose password is no longer valid are ended."""
        self._server.disconnect_accounts(self._accounts.replace(accounts))

    async def _listen(self, stack: AsyncExitStack, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        sockets = listening_sockets(host, port)
        bound_port = int(sockets[0].getsockname()[1])
        accepting = accept_connections(self._reporter, sockets, lambda: MqttConnection(self._server), tls)
        await stack.enter_async_context(accepting)
        return bound_port

    def _new_pending(self) -> PendingDeliveries:
        return PendingDeliveries(self.limits.driver_timeout, self._no_driver)

    def _no_driver(self, delivery: Delivery) -> None:
        """Not committed: the device keeps the message and sends it again, and its driver may run by then."""
        why = f"no driver served topic {delivery.message.topic} within {self.limits.driver_timeout:g} s"
        delivery.settle(committed=False, why=why)

    def _unclaimed(self, delivery: Delivery) -> None:
        account, message = delivery.account, delivery.message
        why = Words(
            f"客户端 {message.client}：主题 {message.topic} 不属于账号 {account} 的任何设备",
            f"client {message.client}: topic {message.topic} is no device's of account {account}",
        )
        links = self._router.links(account)
        # An account with one device that has never used a topic of its own: the device is configured wrongly.
        if len(links) == 1 and not links[0].has_reported:
            links[0].report_refused(why)
        self._unrouted.put(self._tasks, delivery, account, why)
