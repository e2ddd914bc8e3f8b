"""The gateway's own MQTT endpoint: devices come to it, and an acknowledgement means committed.

Devices publish signals and hear their own commands; nothing is routed from one to another, and the
endpoint remembers nothing of what they publish. MQTT 3.1.1 and 5, QoS 0 and 1.
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
    """Where to listen; port 0 takes a free one. The second listener exists if there is a `tls` context."""

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
        quarantine: KeepInQuarantine,
        limits: EndpointLimits | None = None,
        refusals: RefusalLog | None = None,
    ) -> None:
        self.limits = limits or EndpointLimits()
        self.counters = MqttCounters()
        self.port = settings.port
        self.tls_port = settings.tls_port
        self._settings = settings
        self._accounts = DeviceAccounts(accounts)
        self._door = RefusalReporter("mqtt", refusals or RefusalLog())
        self._aside = UnroutedMessages(quarantine, self.counters)
        self._sessions = Sessions()
        self._router = Router(self._new_room, self._unclaimed)
        self._reception = MqttServer(
            self.limits, self.counters, self._accounts, self._sessions, self._router, self._aside, self._door
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        settings = self._settings
        async with AsyncExitStack() as stack:
            self._reception.tasks = self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.callback(self._reception.close)
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
        """The link of one device of an account; its own topics of our format are claimed at once."""
        link = EndpointLink(device, account, self._router, self._new_room(), self._sessions)
        self._router.add(link)
        return link

    def unlink(self, device: str) -> None:
        """The device is no more, or is linked anew in this turn of the loop."""
        self._router.remove(device)

    @property
    def has_room(self) -> bool:
        """False for a minute after a device with the right password found no seat, whatever its account."""
        return self._reception.has_room

    def admit(self, accounts: Mapping[str, str]) -> None:
        """These may come in from now on; who is in by a password that no longer holds goes out."""
        self._reception.show_out(self._accounts.become(accounts))

    async def _listen(self, stack: AsyncExitStack, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        sockets = listening_sockets(host, port)
        taken = int(sockets[0].getsockname()[1])
        await stack.enter_async_context(
            accept_connections(self._door, sockets, lambda: MqttConnection(self._reception), tls)
        )
        return taken

    def _new_room(self) -> PendingDeliveries:
        return PendingDeliveries(self.limits.patience, self._nobody_came)

    def _nobody_came(self, delivery: Delivery) -> None:
        why = f"no driver served topic {delivery.message.topic} within {self.limits.patience:g} s"
        delivery.settle(kept=False, why=why)

    def _unclaimed(self, delivery: Delivery) -> None:
        account, message = delivery.account, delivery.message
        why = Words(
            f"客户端 {message.client}：主题 {message.topic} 不属于账号 {account} 的任何设备",
            f"client {message.client}: topic {message.topic} is no device's of account {account}",
        )
        links = self._router.links(account)
        if len(links) == 1 and not links[0].was_heard:
            links[0].refuse(why)  # all that it says goes where nobody hears it
        self._aside.put(self._tasks, delivery, account, why)
