"""MQTT formats that are known by name: their topics, how they say that a device is there, and what they usually report.

Sources: zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html; tasmota.github.io/docs/MQTT;
shelly-api-docs.shelly.cloud, gen2 Mqtt; home-assistant.io/integrations/mqtt_statestream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.links.mapping.readings import Event, Match, State, Value


@dataclass(frozen=True, slots=True)
class Availability:
    """Where a format says that a device is there, and what says that it is away."""

    topic: str
    online: Match
    offline: Match


@dataclass(frozen=True, slots=True)
class Format:
    """`{base}` in a topic is the device's own, from the YAML. `details` go along with every signal."""

    topics: tuple[str, ...]
    availability: tuple[Availability, ...] = ()
    states: tuple[State, ...] = ()
    events: tuple[Event, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


def _state(of: str, on: str, off: str, **how: object) -> State:
    return State.model_validate({"of": of, "on": on, "off": off, **how})


def _alarm(of: str, of_what: str) -> State:
    return _state(of, f"{of_what}.alarm", f"{of_what}.restored")


def _there(topic: str, online: Value, offline: Value, of: str = "@") -> Availability:
    return Availability(
        topic, Match.model_validate({"of": of, "is": online}), Match.model_validate({"of": of, "is": offline})
    )


_LOW_BATTERY = "panel.battery_low", "panel.battery_restored"

ZIGBEE2MQTT = Format(
    topics=("{base}",),
    availability=(
        _there("{base}/availability", "online", "offline", of="state"),
        _there("{base}/availability", "online", "offline"),  # before its version 2 the bare word
    ),
    states=(
        _state("contact", "door.opened", "door.closed", **{"is": False}),
        _alarm("occupancy", "zone"),
        _alarm("water_leak", "water"),
        _alarm("smoke", "fire"),
        _alarm("gas", "gas"),
        _alarm("carbon_monoxide", "gas"),
        _state("tamper", "zone.tampered", "zone.restored"),
        _state("battery_low", *_LOW_BATTERY),
    ),
    events=(Event.model_validate({"of": "action", "is": ("emergency", "sos", "panic"), "kind": "panic.pressed"}),),
    details=(("battery", "battery"),),
)
TASMOTA = Format(
    topics=("stat/{base}/RESULT", "tele/{base}/SENSOR", "tele/{base}/STATE"),
    availability=(_there("tele/{base}/LWT", "Online", "Offline"),),
)
SHELLY = Format(
    topics=("{base}/events/rpc", "{base}/status/+"),
    availability=(_there("{base}/online", online=True, offline=False),),
    states=(
        _state('params."flood:0".alarm', "water.alarm", "water.restored"),
        _state('params."smoke:0".alarm', "fire.alarm", "fire.restored"),
        _state('params."devicepower:0".battery.percent', *_LOW_BATTERY, below=15),
    ),
)
STATESTREAM = Format(
    topics=("{base}/state",),
    availability=(_there("{base}/state", "", "unavailable"),),
)
JSON = Format(topics=("{base}",))

FORMATS: Mapping[str, Format] = {
    "zigbee2mqtt": ZIGBEE2MQTT,
    "tasmota": TASMOTA,
    "shelly": SHELLY,
    "ha_statestream": STATESTREAM,
    "json": JSON,
}
