"""What an installer is shown of a new configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.config import load
from gateway.config.difference import Changes, compare

COMPOUND = """
name: 西子御园
demo: true
http: {listen: "127.0.0.1:8080"}
mqtt:
  endpoint: {listen: "127.0.0.1:1883"}
  accounts:
    - {user: home, password: word}
    - {user: bridge, password: word}
buildings: [{id: b1, name: 1号楼, floors: 1, rooms: 1}]
places: {gate: 东门}
"""
DEVICES = """
devices:
  - {id: home-101, kind: mqtt_device, name: 室内主机, place: b1/u1/101, account: home}
  - {id: lock, kind: mqtt_device, name: 门锁, place: gate, account: bridge, actions: {unlock: []}}
"""
RULES = """
rules:
  - {id: home, kind: home_alarm}
  - {id: doors, kind: doorway, held_after: 30s}
"""


@pytest.fixture
def read(tmp_path):
    def read(compound=COMPOUND, devices=DEVICES, rules=RULES):
        for name, text in (("compound", compound), ("devices", devices), ("rules", rules)):
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load(tmp_path)

    return read


def test_the_first_configuration_adds_all_there_is(read):
    first = compare(None, read())
    assert first.devices.added == ("home-101", "lock")
    assert first.rules.added == ("home", "doors")
    assert first.accounts.added == ("home", "bridge")
    assert "gate" in first.places.added
    assert not first.restart


def test_the_same_is_no_difference(read):
    assert not compare(read(), read(COMPOUND + "# a remark\n"))


def test_each_is_told_by_its_keys(read):
    new = read(
        COMPOUND.replace("东门", "东大门").replace("bridge, password: word", "bridge, password: secret"),
        DEVICES.replace("门锁", "东门锁").replace("unlock: []", "unlock: [seconds]").replace("home-101", "home-102"),
        RULES.replace("30s", "60s").replace("id: home,", "id: homes,"),
    )
    difference = compare(read(), new)
    assert difference.devices == Changes(("home-102",), {"lock": ("name", "actions")}, ("home-101",))
    assert difference.rules == Changes(("homes",), {"doors": ("held_after",)}, ("home",))
    assert difference.places == Changes(changed={"gate": ("name",)})
    assert difference.accounts == Changes(changed={"bridge": ("password",)})
    assert difference.settings == difference.restart == ()
    assert "secret" not in repr(difference)


def test_what_is_read_once_waits_for_a_restart_and_the_rest_does_not(read):
    started = read()
    text = COMPOUND.replace("8080", "8443").replace("1883", "1884") + "retention: {signals: 7d}\nvision: {workers: 2}\n"
    difference = compare(started, read(text))
    assert difference.settings == ("retention.signals",)
    assert difference.restart == ("http.listen", "mqtt.endpoint.listen", "vision.workers")
    later = compare(read(text), read(text), started.compound)
    assert later.restart == difference.restart, "it waits until the gateway is restarted"
    assert not later.is_live


def test_a_door_that_opens_or_closes_waits_too(read):
    text = COMPOUND.replace("mqtt:", "mqtt:\n  broker: {host: broker.example}")
    assert compare(read(), read(text)).restart == ("mqtt.broker",)
    other = text.replace("broker.example", "other.example")
    assert compare(read(text), read(other)).restart == ("mqtt.broker.host",)


def test_an_address_of_its_own_is_told_and_one_that_follows_is_not(read):
    moved = COMPOUND.replace("8080", "8081")
    assert compare(read(), read(moved)).settings == ()
    named = "public_url: https://anju.example\n"
    assert compare(read(), read(COMPOUND + named)).settings == ("public_url",)


def test_a_rule_of_new_code_is_another_rule(read):
    old = read()
    new = replace(old, rules=tuple(replace(rule, fingerprint="another") for rule in old.rules))
    assert compare(old, new).rules.changed == {"home": ("its code",), "doors": ("its code",)}
