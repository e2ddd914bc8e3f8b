"""The MQTT side of the twins: paho as any device maker would use it, with its own thread.

One `House` is one account and one connection, which speaks for several devices.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

ROOT = "anju/v1"
HEARTBEAT = 60.0
"""Seconds between two status messages of each device."""
MAX_UNSENT = 200


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it came to a device."""

    device: str
    id: str
    action: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    port: int
    user: str
    password: str = field(repr=False)


class House:
    """Speaks for `devices`. `orders` holds the commands they were given, oldest first."""

    def __init__(self, account: Account, devices: Collection[str]) -> None:
        self.devices = devices
        self.connected = asyncio.Event()
        self.orders: asyncio.Queue[Order] = asyncio.Queue(MAX_UNSENT)
        self._loop = asyncio.get_running_loop()
        self._account = account
        self._names = (f"{secrets.token_hex(4)}-{number}" for number in itertools.count(1))
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"simulator-{account.user}")
        self._client.username_pw_set(account.user, account.password)
        self._client.max_queued_messages_set(MAX_UNSENT)
        self._client.reconnect_delay_set(1, 5)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    @asynccontextmanager
    async def running(self) -> AsyncIterator[House]:
        """Connected, and connecting again, until the block is left."""
        self._client.connect_async(self._account.host, self._account.port, keepalive=20)
        self._client.loop_start()
        try:
            yield self
        finally:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    def leave(self) -> None:
        """Connect no more. Its thread may take a second to see it: said to all first, they take it together."""
        self._client.disconnect()

    def say(self, device: str, kind: str, **data: Any) -> None:
        """The device says something; kept and sent again by paho until it is acknowledged."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._publish(f"{device}/signal", {"kind": kind, "id": next(self._names), "at": now, "data": data})

    def answer(self, order: Order, error: str | None = None, **data: Any) -> None:
        outcome = {"ok": False, "error": error} if error else {"ok": True, "data": data}
        self._publish(f"{order.device}/result", {"id": order.id, **outcome})

    async def beat(self) -> None:
        """Tell now and then that every device is there, until cancelled."""
        while True:
            await self.connected.wait()
            for device in self.devices:
                self._client.publish(f"{ROOT}/{device}/status", "online", qos=1)
            await asyncio.sleep(HEARTBEAT)

    def _publish(self, topic: str, message: dict[str, Any]) -> None:
        self._client.publish(f"{ROOT}/{topic}", json.dumps(message, ensure_ascii=False), qos=1)

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if not reason.is_failure:
            client.subscribe([(f"{ROOT}/{device}/command", 1) for device in self.devices])
            self._loop.call_soon_threadsafe(self.connected.set)

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, _reason: ReasonCode, _more: Properties | None
    ) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.connected.clear)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        device = message.topic.removeprefix(f"{ROOT}/").removesuffix("/command")
        try:
            said = json.loads(message.payload)
            order = Order(device, said["id"], said["action"], said.get("arguments") or {})
        except (ValueError, KeyError, TypeError):
            return  # not for us to judge: the gateway's own tests do
        self._loop.call_soon_threadsafe(self._take, order)

    def _take(self, order: Order) -> None:
        if not self.orders.full():
            self.orders.put_nowait(order)
