"""Devices at a broker: what is said there within some seconds, and whose format it is in."""

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
"""What is retained comes at once; the rest as often as devices speak."""
MAX_TOPICS = 20_000
MAX_KEPT_BYTES = 4 * 1024 * 1024
"""Of one message: the list of all devices of a zigbee2mqtt is the largest there is."""
_ENTITIES = frozenset({"binary_sensor", "lock", "alarm_control_panel", "cover", "siren"})
_SHELLY = re.compile(r"shelly[a-z0-9]+-[0-9a-f]{6,12}", re.IGNORECASE)


async def discover(wish: DiscoveryOptions) -> Sequence[DiscoveredDevice]:
    """Sorted by id; nothing without a broker to ask. Raises click's errors for what the installer can mend."""
    found = [finding for broker in wish.brokers for finding in await asyncio.to_thread(_ask, broker, wish)]
    return sorted(found, key=lambda finding: finding.id)


def _ask(broker: str, wish: DiscoveryOptions) -> list[DiscoveredDevice]:
    host, port = _address(broker)
    said: dict[str, bytes] = {}
    refused: list[str] = []
    client = paho.Client(CallbackAPIVersion.VERSION2)
    if wish.user:
        client.username_pw_set(wish.user, wish.password)

    def connected(_client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.append(str(reason))
        client.subscribe("#")

    def heard(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if len(said) < MAX_TOPICS or message.topic in said:
            said[message.topic] = bytes(message.payload[:MAX_KEPT_BYTES])

    client.on_connect, client.on_message = connected, heard
    client.connect_timeout = CONNECT_TIMEOUT_S
    try:
        client.connect(host, port)
    except OSError as error:
        raise click.ClickException(f"broker {broker}: {error}; look at --broker") from error
    client.loop_start()
    try:
        threading.Event().wait(max(wish.seconds, MIN_LISTEN_S))
    finally:
        client.disconnect()
        client.loop_stop()
    if refused:
        raise click.ClickException(f"broker {broker} refused: {refused[0]}; look at --user")
    return identify(said, broker)


def identify(said: Mapping[str, bytes], broker: str) -> list[DiscoveredDevice]:
    """Who speaks there, from the last message on each topic."""
    found: dict[str, DiscoveredDevice] = {}
    for topic, payload in said.items():
        for finding in _who(topic, payload, broker):
            found.setdefault(str(finding.entry.get("base", finding.id)), finding)
    return list(found.values())


def _who(topic: str, payload: bytes, broker: str) -> Iterator[DiscoveredDevice]:
    parts = topic.split("/")
    if topic.endswith("/bridge/devices"):
        yield from _zigbee(topic.removesuffix("/bridge/devices"), payload, broker)
    elif len(parts) == 4 and parts[:2] == ["anju", "v1"]:
        notes = ("its account: one of compound.yaml's mqtt.accounts",)
        yield DiscoveredDevice(
            parts[2], "mqtt_device", parts[2], broker, "speaks our own format", notes, {"via": "broker"}
        )
    elif len(parts) == 3 and parts[0] == "tele" and parts[2] == "LWT":
        yield _mapped("tasmota", parts[1], parts[1], broker, "Tasmota", ["say in states what its values mean"])
    elif len(parts) >= 2 and _SHELLY.fullmatch(parts[-2]) and parts[-1] == "online":
        form = "shelly_gen1" if parts[0] == "shellies" else "shelly"
        yield _mapped(form, "/".join(parts[:-1]), parts[-2], broker, "Shelly", ["say in states what its inputs mean"])
    elif len(parts) >= 4 and parts[-1] == "state" and parts[-3] in _ENTITIES:
        base = "/".join(parts[:-1])
        what = f"Home Assistant {parts[-3]}, now {payload.decode(errors='replace')[:40]!r}"
        yield _mapped("ha_statestream", base, parts[-2], broker, what, ["say in states what it means"])


def _zigbee(base: str, payload: bytes, broker: str) -> Iterator[DiscoveredDevice]:
    try:
        devices = json.loads(payload)
    except (ValueError, RecursionError):
        return
    for device in devices if isinstance(devices, list) else ():
        if not isinstance(device, dict) or device.get("type") == "Coordinator":
            continue
        name, known = str(device.get("friendly_name", "")), device.get("definition")
        known = known if isinstance(known, dict) else {}
        if name:
            what = " ".join(str(known.get(key, "")) for key in ("vendor", "model", "description")).strip()
            yield _mapped("zigbee2mqtt", f"{base}/{name}", name, broker, what, [f"reports: {_reports(known)}"])


def _reports(known: Mapping[str, Any]) -> str:
    """A lock's or a switch's values stand one level deeper than a sensor's."""
    exposes = [each for each in _listed(known.get("exposes")) if isinstance(each, dict)]
    features = [each for feature in exposes for each in _listed(feature.get("features")) if isinstance(each, dict)]
    return ", ".join(str(each["property"]) for each in (*exposes, *features) if each.get("property")) or "?"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapped(form: str, base: str, name: str, broker: str, what: str, notes: Sequence[str]) -> DiscoveredDevice:
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "device"
    entry = {"format": form, "base": base, "via": "broker"}
    return DiscoveredDevice(plain[:63], "mqtt_mapped", name, f"{broker} {base}", what, notes, entry)


def _address(broker: str) -> tuple[str, int]:
    host, colon, port = broker.rpartition(":")
    if not colon:
        return broker, 1883
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise click.BadParameter(f"{broker!r} is no HOST or HOST:PORT", param_hint="--broker")
    return host, int(port)
