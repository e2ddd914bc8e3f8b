"""`anju discover --broker`: devices told by what they say; the messages are those of their makers' documentation."""

from __future__ import annotations

import json
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from gateway.cli import main
from gateway.cli.discover.mqtt import identify
from gateway.config import load
from tests.support.broker import Mosquitto

DEVICES = [
    {"ieee_address": "0x00124b0000000000", "type": "Coordinator", "friendly_name": "Coordinator"},
    {
        "ieee_address": "0x00158d0001dc126a",
        "type": "EndDevice",
        "friendly_name": "Front Door/1",
        "definition": {
            "model": "MCCGQ11LM",
            "vendor": "Aqara",
            "description": "Door and window sensor",
            "exposes": [{"type": "binary", "property": "contact"}, {"type": "numeric", "property": "battery"}],
        },
    },
    {"ieee_address": "0x1", "type": "Router", "friendly_name": "unsupported", "definition": None},
    {
        "friendly_name": "lock",
        "definition": {"exposes": [{"type": "lock", "features": [{"property": "state"}, {"property": "lock_state"}]}]},
    },
    {"friendly_name": "odd", "definition": [3]},
]
SAID = {
    "zigbee2mqtt/bridge/devices": json.dumps(DEVICES).encode(),
    "zigbee2mqtt/Front Door/1": b'{"contact": true}',
    "tele/siren_1/LWT": b"Online",
    "shellyplus1-a8032abe54dc/online": b"true",
    "shellies/shellydw2-73BF14/online": b"true",
    "homeassistant/binary_sensor/kitchen_gas/state": b"off",
    "homeassistant/sensor/outdoor/state": b"21.4",
    "anju/v1/lock-3/status": b"online",
    "frigate/stats": b"{}",
}


def test_each_format_is_told_by_its_topics() -> None:
    found = {finding.id: finding for finding in identify(SAID, "broker")}
    assert {name: finding.entry.get("format", finding.kind) for name, finding in found.items()} == {
        "front-door-1": "zigbee2mqtt",
        "unsupported": "zigbee2mqtt",
        "lock": "zigbee2mqtt",
        "odd": "zigbee2mqtt",
        "siren-1": "tasmota",
        "shellyplus1-a8032abe54dc": "shelly",
        "shellydw2-73bf14": "shelly_gen1",
        "kitchen-gas": "ha_statestream",
        "lock-3": "mqtt_device",
    }
    door = found["front-door-1"]
    assert (door.entry["base"], door.summary) == ("zigbee2mqtt/Front Door/1", "Aqara MCCGQ11LM Door and window sensor")
    assert door.notes == ["reports: contact, battery"]
    assert found["lock"].notes == ["reports: state, lock_state"]


@given(st.dictionaries(st.text(max_size=40), st.binary(max_size=60), max_size=5), st.binary(max_size=200))
def test_nonsense_is_nobody_or_somebody_but_no_crash(said: dict[str, bytes], devices: bytes) -> None:
    identify({**said, "z/bridge/devices": devices}, "broker")
    identify({"z/bridge/devices": json.dumps([devices.hex(), {"friendly_name": 3}, None]).encode()}, "broker")


@pytest.mark.needs("mosquitto", "mosquitto")
def test_stubs_of_a_real_broker_are_right_once_they_have_a_place(make_broker, root: Path, tmp_path: Path) -> None:
    broker: Mosquitto = make_broker({"installer": "look"})
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("installer", "look")
    client.connect(broker.host, broker.port)
    client.loop_start()
    for topic in ("zigbee2mqtt/bridge/devices", "anju/v1/lock-3/status"):
        client.publish(topic, SAID[topic], qos=1, retain=True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    out = tmp_path / "devices.yaml"
    asked = ["discover", "--only", "mqtt", "--broker", f"{broker.host}:{broker.port}", "--seconds", "1"]
    refused = CliRunner().invoke(main, [*asked, "--user", "installer", "--password-stdin"], input="wrong\n")
    assert "refused" in refused.output
    asked += ["--user", "installer", "--password-stdin", "--out", str(out)]
    done = CliRunner().invoke(main, asked, input="look\n")
    assert done.exit_code == 0, done.output
    stub = out.read_text("utf-8")
    assert "look" not in stub
    out.write_text(stub.replace("fill-in", "gate").replace('via: "broker"', 'via: "broker"\n    account: "a"'), "utf-8")
    compound = f"name: x\nplaces: {{gate: 门}}\nmqtt: {{broker: {{host: {broker.host}, port: {broker.port}}}}}\n"
    (tmp_path / "compound.yaml").write_text(compound, "utf-8")
    (tmp_path / "rules.yaml").write_text("rules: []\n", "utf-8")
    assert sorted(load(tmp_path).all_devices()) == ["front-door-1", "lock", "lock-3", "odd", "unsupported"]


def test_a_broker_that_is_not_there_is_told() -> None:
    done = CliRunner().invoke(main, ["discover", "--only", "mqtt", "--broker", "127.0.0.1:1"])
    assert done.exit_code == 1
    assert "check --broker" in done.output


def test_a_list_of_devices_that_is_a_trap_is_passed_over() -> None:
    assert identify({"zigbee2mqtt/bridge/devices": b"[" * 100_000}, "broker") == []
