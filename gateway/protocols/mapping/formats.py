"""MQTT formats that are known by name: their topics, their availability messages, and what they usually report.

Sources: zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html; tasmota.github.io/docs/MQTT;
shelly-api-docs.shelly.cloud, gen1 (MQTT of each device) and gen2 Mqtt; home-assistant.io/integrations/mqtt_statestream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.links.mqtt.topics import matches
from gateway.protocols.mapping.states import MappedEvent, MappedState, ValueMatch
from gateway.protocols.mapping.values import Value


@dataclass(frozen=True, slots=True)
class Availability:
    """The topic on which a format reports availability, and the values that mean online and offline."""

    topic: str
    online: ValueMatch
    offline: ValueMatch


@dataclass(frozen=True, slots=True)
class KeyedTopics:
    """Topics whose levels name the value: the levels after `prefix` become keys, within `under`.

    With the prefix `shellies/x/`, `true` on `shellies/x/sensor/flood` is read as {"sensor": {"flood": true}}.
    """

    prefix: str
    under: tuple[str, ...] = ()
    objects_too: bool = True
    capitals: bool = False
    """Whether its topics have in capitals (SWITCH1) what its telemetry writes as Switch1."""

    def read(self, topic: str, base: str, message: Any) -> Any:
        """The message within its keys; None for another topic, or for an object that needs no key."""
        prefix = self.prefix.replace("{base}", base)
        needs_key = not isinstance(message, dict) or self.objects_too or _is_action(message)
        if not matches(f"{prefix}#", topic) or not needs_key:
            return None
        keys = (*self.under, *topic.split("/")[prefix.count("/") :])
        for key in reversed(keys):
            message = {key: message, key.capitalize(): message} if self.capitals else {key: message}
        return message


def _is_action(message: dict[str, Any]) -> bool:
    return [name.lower() for name in message] in (["action"], ["state"])


@dataclass(frozen=True, slots=True)
class MqttFormat:
    """One format. `{base}` in a topic is the device's own topic, from the YAML. `details` go along with every signal.

    `unknown_words` are payloads that mean that nothing is known.
    """

    topics: tuple[str, ...]
    availability: tuple[Availability, ...] = ()
    states: tuple[MappedState, ...] = ()
    events: tuple[MappedEvent, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    keyed: tuple[KeyedTopics, ...] = ()
    unknown_words: tuple[str, ...] = ("",)
    wrapper_key: str = ""
    """The key under which the answer to a query has what is otherwise the whole message."""

    def read(self, topic: str, base: str, message: Any) -> Any:
        """The message as the YAML's paths see it; None when it reports nothing."""
        if isinstance(message, str) and message in self.unknown_words:
            return None
        if isinstance(message, dict) and self.wrapper_key in message:
            message = message[self.wrapper_key]
        keyed = (each.read(topic, base, message) for each in self.keyed)
        return next((each for each in keyed if each is not None), message)


def _state(of: str, on: str, off: str, **how: object) -> MappedState:
    return MappedState.model_validate({"of": of, "on": on, "off": off, **how})


def _alarm(of: str, noun: str, **how: object) -> MappedState:
    return _state(of, f"{noun}.alarm", f"{noun}.restored", **how)


def _event(of: str, kind: str, *values: Value) -> MappedEvent:
    return MappedEvent.model_validate({"of": of, "is": values, "kind": kind})


def _availability(topic: str, online: Value, offline: Value, of: str = "@") -> Availability:
    return Availability(
        topic, ValueMatch.model_validate({"of": of, "is": online}), ValueMatch.model_validate({"of": of, "is": offline})
    )


_LOW_BATTERY = "panel.battery_low", "panel.battery_restored"
_LOW_PERCENT = 15

ZIGBEE2MQTT = MqttFormat(
    topics=("{base}",),
    availability=(
        _availability("{base}/availability", "online", "offline", of="state"),
        _availability("{base}/availability", "online", "offline"),  # before its version 2 the bare word
        _availability("{base}/state", "online", "offline", of="state"),  # of zigbee2mqtt itself, whose base is …/bridge
        _availability("{base}/state", "online", "offline"),
    ),
    states=(
        _state("contact", "door.opened", "door.closed", **{"is": False}),
        _state("state", "door.unlocked", "door.locked", **{"is": "UNLOCK"}),  # a lock's; a switch says ON and OFF
        _alarm("occupancy", "zone"),
        _alarm("vibration", "zone"),
        _alarm("water_leak", "water"),
        _alarm("smoke", "fire"),
        _alarm("gas", "gas"),
        _alarm("carbon_monoxide", "gas"),
        _state("tamper", "zone.tampered", "zone.restored"),
        _state("battery_low", *_LOW_BATTERY),
    ),
    events=(
        _event("action", "panic.pressed", "emergency", "sos", "panic"),
        _event("action", "access.denied", "unlock_failure_invalid_pin_or_id", "unlock_failure_invalid_schedule"),
    ),
    details=(("battery", "battery"), ("user", "action_user")),
)
TASMOTA = MqttFormat(
    # POWER has a bare word, RESULT the same as JSON; radio receivers (RfReceived) publish on tele/…/RESULT
    topics=("stat/{base}/+", "tele/{base}/SENSOR", "tele/{base}/STATE", "tele/{base}/RESULT"),
    availability=(_availability("tele/{base}/LWT", "Online", "Offline"),),
    keyed=(KeyedTopics("stat/{base}/", objects_too=False, capitals=True),),
    wrapper_key="StatusSNS",  # STATUS8 and STATUS10
)
SHELLY = MqttFormat(
    topics=("{base}/events/rpc", "{base}/status/+"),
    availability=(_availability("{base}/online", online=True, offline=False),),
    states=(
        _alarm('params."flood:0".alarm', "water"),
        _alarm('params."smoke:0".alarm', "fire"),
        _state('params."devicepower:0".battery.percent', *_LOW_BATTERY, below=_LOW_PERCENT),
    ),
    keyed=(KeyedTopics("{base}/status/", under=("params",)),),  # the same component as in a NotifyStatus
)
SHELLY_GEN1 = MqttFormat(
    topics=("{base}/+", "{base}/+/+"),
    availability=(_availability("{base}/online", online=True, offline=False),),
    states=(
        _state("sensor.state", "door.opened", "door.closed", **{"is": "open"}),
        _alarm("sensor.flood", "water"),
        _alarm("sensor.smoke", "fire"),
        _alarm("sensor.gas", "gas", **{"is": ("mild", "heavy"), "not": "none"}),
        _alarm("status.motion", "zone"),
        _state("sensor.battery", *_LOW_BATTERY, below=_LOW_PERCENT),
        _state("status.bat", *_LOW_BATTERY, below=_LOW_PERCENT),
    ),
    keyed=(KeyedTopics("{base}/"),),
    unknown_words=("", "unknown"),  # a gas sensor that warms up: neither gas nor none
)
STATESTREAM = MqttFormat(
    topics=("{base}/state",),
    availability=(_availability("{base}/state", "", "unavailable"),),
    unknown_words=("", "unknown"),
)
JSON = MqttFormat(topics=("{base}",))

FORMATS: Mapping[str, MqttFormat] = {
    "zigbee2mqtt": ZIGBEE2MQTT,
    "tasmota": TASMOTA,
    "shelly": SHELLY,
    "shelly_gen1": SHELLY_GEN1,
    "ha_statestream": STATESTREAM,
    "json": JSON,
}
