"""The MQTT side of simulated devices: paho, as any device maker would use it, with its own thread.

One `MqttDevices` is one account and one connection, shared by several devices.
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
STATUS_INTERVAL_S = 60.0
"""Between two status messages of each device."""
MAX_QUEUED = 200


@dataclass(frozen=True, slots=True)
class DeviceCommand:
    """A command as a device received it."""

    device: str
    id: str
    action: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MqttLogin:
    """The broker, or the gateway's own endpoint, and the account."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)


class MqttDevices:
    """The connection of `devices`. `commands` holds the commands that they received, oldest first."""

    def __init__(self, login: MqttLogin, devices: Collection[str]) -> None:
        self.devices = devices
        self.connected = asyncio.Event()
        self.commands: asyncio.Queue[DeviceCommand] = asyncio.Queue(MAX_QUEUED)
        self._loop = asyncio.get_running_loop()
        self._login = login
        self._ids = (f"{secrets.token_hex(4)}-{number}" for number in itertools.count(1))
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"simulator-{login.user}")
        self._client.username_pw_set(login.user, login.password)
        self._client.max_queued_messages_set(MAX_QUEUED)
        # Short, so that a demo that restarts its broker goes on soon.
        self._client.reconnect_delay_set(1, 5)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    @asynccontextmanager
    async def running(self) -> AsyncIterator[MqttDevices]:
        """Connects, and reconnects, until the block is left."""
        self._client.connect_async(self._login.host, self._login.port, keepalive=20)
        self._client.loop_start()
        try:
            yield self
        finally:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    def disconnect(self) -> None:
        """Stop connecting. The thread may take a second to end: call this for all connections before you leave one."""
        self._client.disconnect()

    def send_signal(self, device: str, kind: str, **data: Any) -> None:
        """Publish a signal; paho keeps it and sends it again until it is acknowledged."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._publish(f"{device}/signal", {"kind": kind, "id": next(self._ids), "at": now, "data": data})

    def send_result(self, command: DeviceCommand, error: str | None = None, **data: Any) -> None:
        """Publish the result of a command: `data`, or the error."""
        outcome = {"ok": False, "error": error} if error else {"ok": True, "data": data}
        self._publish(f"{command.device}/result", {"id": command.id, **outcome})

    async def send_status(self) -> None:
        """Publish from time to time that every device is online, until cancelled."""
        while True:
            await self.connected.wait()
            for device in self.devices:
                self._client.publish(f"{ROOT}/{device}/status", "online", qos=1)
            await asyncio.sleep(STATUS_INTERVAL_S)

    def _publish(self, topic: str, message: dict[str, Any]) -> None:
        self._client.publish(f"{ROOT}/{topic}", json.dumps(message, ensure_ascii=False), qos=1)

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if not reason.is_failure:
            # At every connection: the session is not persistent.
            client.subscribe([(f"{ROOT}/{device}/command", 1) for device in self.devices])
            self._loop.call_soon_threadsafe(self.connected.set)

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, _reason: ReasonCode, _more: Properties | None
    ) -> None:
        # paho's thread may outlive the loop at the end of the simulation.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.connected.clear)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        device = message.topic.removeprefix(f"{ROOT}/").removesuffix("/command")
        try:
            body = json.loads(message.payload)
            command = DeviceCommand(device, body["id"], body["action"], body.get("arguments") or {})
        except (ValueError, KeyError, TypeError):
            return  # the gateway's own tests check what it sends
        self._loop.call_soon_threadsafe(self._queue, command)

    def _queue(self, command: DeviceCommand) -> None:
        if not self.commands.full():
            self.commands.put_nowait(command)
