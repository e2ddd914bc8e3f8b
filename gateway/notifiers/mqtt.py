"""Publishes to a broker by MQTT 5, whose answer says more than that of 3.1.1: not allowed, or that nobody listens."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Annotated

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import AfterValidator, Field

from gateway.errors import LinkLost, LoginRefused
from gateway.model import Words
from gateway.notifier import Notification, Notifier, NotifierSettings, Receipt
from gateway.notifiers._event import event
from gateway.notifiers._robot import as_json
from gateway.settings.context import ExistingFile
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

TIMEOUT_S = 10.0
_NOBODY = 0x10
_NOT_TAKEN = frozenset({0x86, 0x87, 0x8C})  # bad user name or password, not authorized, bad authentication method


def _topic(value: str) -> str:
    if any(sign in value for sign in "+#\0") or not value.strip("/"):
        raise Wrong(f"{value!r} is no topic to publish to", "use levels with '/' between, without + and #")
    return value


class MqttSettings(NotifierSettings):
    """A broker that takes MQTT 5. The payload is that of the webhook: type, timestamp, data."""

    host: Annotated[str, Field(min_length=1, description="the broker")]
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    topic: Annotated[str, AfterValidator(_topic), Field(max_length=200, description="where it is published, QoS 1")]
    user: str | None = None
    password: Secret | None = None
    tls: Annotated[bool, Field(description="TLS, checked against the system's certificates")] = False
    ca: Annotated[ExistingFile | None, Field(description="or checked against this authority")] = None
    retain: Annotated[bool, Field(description="the broker keeps the last one, so nobody need listen now")] = False


class MqttNotifier(Notifier):
    """Connects for each message: they are rare, and a connection that idles proves nothing."""

    Settings = MqttSettings
    settings: MqttSettings

    async def send(self, notification: Notification) -> Receipt:
        """See the contract."""
        return await self._publish("anju.notification", notification)

    async def probe(self, notification: Notification) -> Receipt:
        """Publish an event of the type anju.probe, which subscribers pass over."""
        return await self._publish("anju.probe", notification)

    async def _publish(self, kind: str, notification: Notification) -> Receipt:
        payload = as_json(event(kind, notification, time.time()))
        retain = self.settings.retain and kind != "anju.probe"
        reason = await asyncio.to_thread(_Publication(self.settings).run, payload, retain)
        if reason.value == _NOBODY and not self.settings.retain:
            zh = f"没有程序订阅主题 {self.settings.topic}"
            raise LinkLost(Words(zh, f"nobody subscribes to {self.settings.topic}: the broker dropped it"))
        return Receipt(f"PUBACK {reason}")


class _Publication:
    """One connection, one message, its acknowledgement. Blocks for at most three times TIMEOUT_S."""

    def __init__(self, settings: MqttSettings) -> None:
        self._settings = settings
        self._connected, self._acknowledged = threading.Event(), threading.Event()
        self._connack: ReasonCode | None = None
        self._puback: ReasonCode | None = None

    def run(self, payload: bytes, retain: bool) -> ReasonCode:
        """Returns the reason code of the PUBACK. Raises LinkLost and LoginRefused."""
        client = self._client()
        try:
            client.connect(self._settings.host, self._settings.port)
            client.loop_start()
            self._await(self._connected)
            _check(self._connack)
            client.publish(self._settings.topic, payload, qos=1, retain=retain)
            self._await(self._acknowledged)
            _check(self._puback)
            client.disconnect()
        except (OSError, ValueError) as error:
            raise LinkLost(Words("MQTT 服务器连不上", f"the broker can't be reached ({error})")) from error
        else:
            assert self._puback is not None
            return self._puback
        finally:
            client.loop_stop()

    def _client(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False)
        client.connect_timeout = TIMEOUT_S
        if settings.user is not None:
            client.username_pw_set(settings.user, settings.password.get_secret_value() if settings.password else None)
        if settings.tls or settings.ca:
            client.tls_set(ca_certs=str(settings.ca) if settings.ca else None)

        def on_connect(_client: object, _data: object, _flags: object, reason: ReasonCode, _props: object) -> None:
            self._connack = reason
            self._connected.set()

        def on_publish(_client: object, _data: object, _mid: int, reason: ReasonCode, _props: object) -> None:
            self._puback = reason
            self._acknowledged.set()

        client.on_connect, client.on_publish = on_connect, on_publish
        return client

    def _await(self, event: threading.Event) -> None:
        if not event.wait(TIMEOUT_S):
            raise LinkLost(Words("MQTT 服务器没有应答", f"the broker did not answer within {TIMEOUT_S:g} s"))


def _check(reason: ReasonCode | None) -> None:
    if reason is None or reason.is_failure:
        words = Words(f"MQTT 服务器拒绝（{reason}）", f"the broker refused ({reason})")
        raise LoginRefused(words) if reason is not None and reason.value in _NOT_TAKEN else LinkLost(words)


NOTIFIER = MqttNotifier
