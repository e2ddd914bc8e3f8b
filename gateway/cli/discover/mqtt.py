"""Devices at an MQTT broker: listens for some seconds, and recognises their formats by topic."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gateway.cli.discover.results import DiscoveredDevice, DiscoveryOptions

CONNECT_TIMEOUT_S = 10.0
MIN_LISTEN_S = 1.0
"""Retained messages come at once; others as often as the devices publish."""
MAX_TOPICS = 20_000
MAX_KEPT_BYTES = 4 * 1024 * 1024
"""Of one message: zigbee2mqtt's list of all devices is the largest."""
_ENTITIES = frozenset({"binary_sensor", "lock", "alarm_control_panel", "cover", "siren"})
_SHELLY = re.compile(r"shelly[a-z0-9]+-[0-9a-f]{6,12}", re.IGNORECASE)


async def discover(options: DiscoveryOptions) -> Sequence[DiscoveredDevice]:
    """Sorted by id; empty without a broker. Raises click's errors for what the installer can fix."""
    found = [device for broker in options.brokers for device in await asyncio.to_thread(_listen, broker, options)]
    return sorted(found, key=lambda device: device.id)


def _listen(broker: str, options: DiscoveryOptions) -> list[DiscoveredDevice]:
    host, port = _address(broker)
    messages: dict[str, bytes] = {}
    errors: list[str] = []
    client = paho.Client(CallbackAPIVersion.VERSION2)
    if options.user:
        client.username_pw_set(options.user, options.password)

    def on_connect(_client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            errors.append(str(reason))
        # All topics: formats are recognised by their topics.
        client.subscribe("#")

    def on_message(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        # A large broker must not fill the memory.
        if len(messages) < MAX_TOPICS or message.topic in messages:
            messages[message.topic] = bytes(message.payload[:MAX_KEPT_BYTES])

    client.on_connect, client.on_message = on_connect, on_message
    client.connect_timeout = CONNECT_TIMEOUT_S
    try:
        client.connect(host, port)
    except OSError as error:
        raise click.ClickException(f"broker {broker}: {error}; check --broker") from error
    client.loop_start()
    try:
        threading.Event().wait(max(options.seconds, MIN_LISTEN_S))
    finally:
        client.disconnect()
        client.loop_stop()
    if errors:
        raise click.ClickException(f"broker {broker} refused: {errors[0]}; check --user")
    return identify(messages, broker)


def identify(messages: Mapping[str, bytes], broker: str) -> list[DiscoveredDevice]:
    """The devices at a broker, from the last message on each topic."""
    found: dict[str, DiscoveredDevice] = {}
    for topic, payload in messages.items():
        for device in _identify_topic(topic, payload, broker):
            found.setdefault(str(device.entry.get("base", device.id)), device)
    return list(found.values())


def _identify_topic(topic: str, payload: bytes, broker: str) -> Iterator[DiscoveredDevice]:
    parts = topic.split("/")
    if topic.endswith("/bridge/devices"):
        yield from _zigbee(topic.removesuffix("/bridge/devices"), payload, broker)
    elif len(parts) == 4 and parts[:2] == ["anju", "v1"]:
        notes = ("its account: one of compound.yaml's mqtt.accounts",)
        yield DiscoveredDevice(parts[2], "mqtt_device", parts[2], broker, "our own format", notes, {"via": "broker"})
    elif len(parts) == 3 and parts[0] == "tele" and parts[2] == "LWT":
        yield _mapped("tasmota", parts[1], parts[1], broker, "Tasmota", ["map its values to kinds in `states`"])
    elif len(parts) >= 2 and _SHELLY.fullmatch(parts[-2]) and parts[-1] == "online":
        format_ = "shelly_gen1" if parts[0] == "shellies" else "shelly"
        yield _mapped(
            format_, "/".join(parts[:-1]), parts[-2], broker, "Shelly", ["map its inputs to kinds in `states`"]
        )
    elif len(parts) >= 4 and parts[-1] == "state" and parts[-3] in _ENTITIES:
        base = "/".join(parts[:-1])
        summary = f"Home Assistant {parts[-3]}, now {payload.decode(errors='replace')[:40]!r}"
        yield _mapped("ha_statestream", base, parts[-2], broker, summary, ["map its values to kinds in `states`"])


def _zigbee(base: str, payload: bytes, broker: str) -> Iterator[DiscoveredDevice]:
    try:
        devices = json.loads(payload)
    except (ValueError, RecursionError):
        return
    for device in devices if isinstance(devices, list) else ():
        # The coordinator is the radio adapter itself.
        if not isinstance(device, dict) or device.get("type") == "Coordinator":
            continue
        name, definition = str(device.get("friendly_name", "")), device.get("definition")
        definition = definition if isinstance(definition, dict) else {}
        if name:
            summary = " ".join(str(definition.get(key, "")) for key in ("vendor", "model", "description")).strip()
            yield _mapped("zigbee2mqtt", f"{base}/{name}", name, broker, summary, [f"reports: {_reports(definition)}"])


def _reports(definition: Mapping[str, Any]) -> str:
    """The properties that a zigbee2mqtt device reports. Those of a lock or switch are nested one level deeper."""
    exposes = [each for each in _as_list(definition.get("exposes")) if isinstance(each, dict)]
    features = [each for feature in exposes for each in _as_list(feature.get("features")) if isinstance(each, dict)]
    return ", ".join(str(each["property"]) for each in (*exposes, *features) if each.get("property")) or "?"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapped(format_: str, base: str, name: str, broker: str, summary: str, notes: Sequence[str]) -> DiscoveredDevice:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "device"
    entry = {"format": format_, "base": base, "via": "broker"}
    return DiscoveredDevice(slug[:63], "mqtt_mapped", name, f"{broker} {base}", summary, notes, entry)


def _address(broker: str) -> tuple[str, int]:
    host, colon, port = broker.rpartition(":")
    if not colon:
        return broker, 1883
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise click.BadParameter(f"{broker!r} is no HOST or HOST:PORT", param_hint="--broker")
    return host, int(port)
