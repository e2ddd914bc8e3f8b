"""One connection of paho-mqtt to a broker, driven by the event loop itself: no thread of paho's, no polling.

Each connection has a new paho client. What an earlier one had in flight is gone with it, so that no old packet id is
acknowledged and no old command is sent again. What the broker must still deliver is in its persistent session.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from gateway.errors import LinkLost
from gateway.links.mqtt.broker_reasons import TAKEN_OVER, refusal
from gateway.links.mqtt.broker_settings import BrokerSettings
from gateway.links.mqtt.paho_socket import PahoSocket
from gateway.model import Words

MAX_QUEUED = 1000


class PahoConnection:
    """`connect`, then `run` until it raises LinkLost; `drop` ends it from our side."""

    def __init__(
        self,
        settings: BrokerSettings,
        on_message: Callable[[MQTTMessage], None],
        explain: Callable[[PahoConnection], Words | None] = lambda _connection: None,
    ) -> None:
        self._settings = settings
        self._explain = explain
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[str] = self._loop.create_future()
        self._explanation: Words | None = None
        self.accepted_at: float | None = None
        """When the broker accepted us, in the loop's seconds; None: it did not."""
        self.is_taken_over = False
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._subscribing: dict[int, asyncio.Future[None]] = {}
        self._socket: PahoSocket | None = None
        self._client = self._paho(on_message)

    @property
    def is_lost(self) -> bool:
        """Whether it has ended, from either side."""
        return self._lost.done()

    @property
    def why(self) -> Words:
        """Why it was lost, in a sentence that names the broker."""
        reason = self._lost.result() if self._lost.done() else "still connected"
        broker = f"broker {self._settings.host}:{self._settings.port}"
        if self._explanation is not None:
            return Words(self._explanation.zh, f"{broker}: {self._explanation.en}")
        return Words("消息服务器（MQTT）连接中断，请检查其供电和网络", f"{broker}: {reason}")

    async def connect(self) -> None:
        """Returns once the broker has accepted us; raises LinkLost."""
        settings = self._settings
        connecting = self._loop.run_in_executor(None, self._connect)
        try:
            async with asyncio.timeout(settings.response_timeout):
                await asyncio.shield(connecting)
                self._socket = PahoSocket(self._client, self.drop)
                await self._or_lost(self._accepted)
        except TimeoutError:
            self.drop(f"no answer within {settings.response_timeout:g} s")
        except (OSError, ValueError) as error:
            self.drop(f"can't be reached: {error}")
        finally:
            if self._socket is None:  # a thread can't be cancelled: close what it may still open
                self.drop("given up")
                connecting.add_done_callback(self._abandon)
        if self.is_lost:
            raise LinkLost(self.why)

    async def run(self) -> NoReturn:
        """Send paho's pings until the connection is lost; then raises LinkLost."""
        while not self.is_lost:
            if self._client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self.drop("no answer to a ping")
            # `loop_misc` sends a ping when one is due: ten times a keep-alive is often enough, and cheap.
            await asyncio.wait([self._lost], timeout=max(0.2, self._settings.keep_alive / 10))
        raise LinkLost(self.why)

    async def wait_lost(self) -> NoReturn:
        """Wait until the connection is lost; then raises LinkLost."""
        await asyncio.wait([self._lost])
        raise LinkLost(self.why)

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribe with QoS 1; returns once the broker has granted all of them. Raises LinkLost."""
        result, packet_id = self._client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in topics])
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or packet_id is None:
            raise self._refused(f"can't subscribe: {result.name}")
        granted: asyncio.Future[None] = self._loop.create_future()
        # Registered before the loop can read the SUBACK: nothing has been awaited since `subscribe`.
        self._subscribing[packet_id] = granted
        try:
            async with asyncio.timeout(self._settings.response_timeout):
                await self._or_lost(granted)
        except TimeoutError:
            raise self._refused(f"no answer to SUBSCRIBE {', '.join(topics)}") from None
        finally:
            self._subscribing.pop(packet_id, None)

    def unsubscribe(self, topic: str) -> None:
        """Does not wait for the broker's answer."""
        self._client.unsubscribe(topic)

    def publish(self, topic: str, payload: bytes, *, retain: bool, life: float | None) -> None:
        """Publish with QoS 1; after `life` seconds the broker drops it [MQTT-5: 3.3.2.3.3]. Raises LinkLost."""
        expiry = {} if life is None else {"MessageExpiryInterval": max(1, math.ceil(life))}
        properties = _properties(PacketTypes.PUBLISH, **expiry)
        done = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        if done.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._refused(f"can't publish on {topic}: {done.rc.name}")

    def acknowledge(self, packet_id: int) -> None:
        """Send PUBACK, unless the connection is lost."""
        if not self.is_lost:
            self._client.ack(packet_id, 1)

    def pause(self) -> None:
        """Stop reading, so that TCP holds the broker back."""
        if self._socket is not None:
            self._socket.pause()

    def resume(self) -> None:
        """Read again after `pause`."""
        if self._socket is not None:
            self._socket.resume()

    def drop(self, why: str, explanation: Words | None = None) -> None:
        """Close it without DISCONNECT. What was not acknowledged comes again on the next connection."""
        if not self._lost.done():
            self._lost.set_result(why)
            self._explanation = explanation
        if self._socket is not None:
            self._socket.close()
        if not self._accepted.done():
            self._accepted.cancel()

    def _refused(self, what: str) -> LinkLost:
        return LinkLost(Words("消息服务器（MQTT）没有接受请求，请通知安装员", f"{self.why}; {what}"))

    def close(self) -> None:
        """Close it with DISCONNECT; the broker keeps our session."""
        if not self.is_lost:
            self._client.disconnect()
        self.drop("left")

    # called by paho

    def _connect(self) -> None:
        """Runs in a thread: the look-up of the name, the connection and the TLS handshake block."""
        settings = self._settings
        properties = _properties(
            PacketTypes.CONNECT, SessionExpiryInterval=settings.session_expiry, ReceiveMaximum=settings.in_flight
        )
        self._client.connect(
            settings.host, settings.port, settings.keep_alive, clean_start=False, properties=properties
        )

    def _abandon(self, connecting: asyncio.Future[None]) -> None:
        if connecting.cancelled() or connecting.exception() is None:
            opened = self._client.socket()
            if opened is not None:
                opened.close()

    def _paho(self, on_message: Callable[[MQTTMessage], None]) -> Client:
        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            protocol=MQTTv5,
            manual_ack=True,  # an acknowledgement means committed, and only the driver knows when
            reconnect_on_failure=False,  # paho's own reconnection would run in a thread
        )
        client.max_queued_messages_set(MAX_QUEUED)
        if settings.user is not None:
            client.username_pw_set(settings.user, settings.password)
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _client, _data, message: on_message(message)
        return client

    def _on_connect(self, _client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _more: Any) -> None:
        if reason.is_failure:
            self.drop(f"refused us: {reason}", refusal(reason, self._settings.client_id))
        elif not self._accepted.done():
            self.accepted_at = self._loop.time()
            self._accepted.set_result(None)

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _more: Any
    ) -> None:
        # After our own `drop` paho may report any reason; it explains nothing then.
        self.is_taken_over = reason.value == TAKEN_OVER and not self.is_lost
        if not self.is_lost:
            self.drop(f"connection lost: {reason}", self._explain(self))

    def _on_subscribe(self, _client: Client, _data: Any, packet_id: int, reasons: list[ReasonCode], _more: Any) -> None:
        granted = self._subscribing.get(packet_id)
        if granted is None or granted.done():
            return
        refused = next((reason for reason in reasons if reason.is_failure), None)
        if refused is None:
            granted.set_result(None)
        else:
            en = f"broker {self._settings.host} refused a subscription: {refused}"
            granted.set_exception(LinkLost(Words("消息服务器（MQTT）拒绝订阅，请通知安装员", en)))

    async def _or_lost(self, answer: asyncio.Future[None]) -> None:
        either: list[asyncio.Future[Any]] = [answer, self._lost]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if answer.done() and not answer.cancelled():  # the answer counts even if the connection is lost by now
            answer.result()
        elif self.is_lost:
            raise LinkLost(self.why)


def _properties(packet_type: int, **values: int) -> Properties:
    properties = Properties(packet_type)  # type: ignore[no-untyped-call]  # paho leaves this one untyped
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
