"""Other people's MQTT formats, from Mosquitto to the driver's signals; messages as their documentation prints them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import ValidationError

from drivers.mqtt_mapped import MqttMapped
from gateway.errors import CommandFailed
from gateway.links.mqtt.broker_settings import BrokerSettings
from gateway.links.mqtt.client import BrokerClient
from gateway.links.mqtt.message import MqttMessage
from gateway.model import Command, Device, DeviceType
from gateway.protocols.mapping.mqtt_settings import MappedSettings
from tests.drivers.test_mqtt_device import Reports
from tests.links.mqtt.support import QuarantineStub, RawClient, endpoint, signal, until
from tests.support.broker import Mosquitto

pytestmark = pytest.mark.needs("mosquitto", "mosquitto")
DEVICE = Device("front", "mqtt_mapped", DeviceType.DOOR, "前门", "b3/u1")
ZIGBEE = {"format": "zigbee2mqtt", "base": "zigbee2mqtt/front_door"}


class Peer:
    """The other side at the broker: zigbee2mqtt, or the device itself."""

    def __init__(self, port: int) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.heard: list[tuple[str, bytes]] = []
        self.client.on_message = lambda _client, _data, said: self.heard.append((said.topic, bytes(said.payload)))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    async def say(self, topic: str, payload: object, **more: Any) -> None:
        data = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        sent = self.client.publish(topic, data, qos=more.pop("qos", 0), **more)
        await until(sent.is_published)

    async def listen(self, topic: str) -> None:
        granted: list[int] = []
        self.client.on_subscribe = lambda *_: granted.append(1)
        self.client.subscribe(topic, 1)
        await until(lambda: granted)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Scene:
    def __init__(self, driver: MqttMapped, emitted: Reports, peer: Peer) -> None:
        self.driver, self.emitted, self.peer = driver, emitted, peer
        self.say = peer.say

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.emitted.signals]

    async def hears(self, *kinds: str) -> None:
        """Exactly these, and nothing after them for a moment."""
        await until(lambda: len(self.kinds) >= len(kinds))
        await asyncio.sleep(0.1)
        assert self.kinds == list(kinds)


@asynccontextmanager
async def scene(broker: Mosquitto, settings: dict[str, Any]) -> AsyncIterator[Scene]:
    client = BrokerClient(BrokerSettings("127.0.0.1", broker.port), QuarantineStub())
    emitted, peer = Reports(), Peer(broker.port)
    driver = MqttMapped(DEVICE, MappedSettings.model_validate(settings), client.link("front", ""), emitted)
    running = [asyncio.create_task(client.run()), asyncio.create_task(driver.run())]
    topics = driver.settings.all_topics()
    try:
        await asyncio.wait_for(_subscribed(peer, emitted, topics), 10)
        yield Scene(driver, emitted, peer)
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        peer.close()


async def _subscribed(peer: Peer, emitted: Reports, topics: list[str]) -> None:
    """Until what is said on its topic arrives: nothing else tells that the broker took the subscription."""
    topic = topics[0].replace("+", "x")
    while not emitted.quarantined:
        await peer.say(topic, b"\xff", qos=1)
        await asyncio.sleep(0.1)
    emitted.quarantined.clear()
    emitted.refusals.clear()


async def test_zigbee2mqtt(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        said = {"battery": 97, "contact": True, "linkquality": 102, "tamper": False, "voltage": 3005}
        await it.say("zigbee2mqtt/front_door", said)
        await it.say("zigbee2mqtt/front_door", said | {"contact": False})
        await it.say("zigbee2mqtt/front_door", said | {"contact": False, "battery": 96})
        await it.say("zigbee2mqtt/front_door", {"linkquality": 80})
        await it.say("zigbee2mqtt/front_door", said | {"tamper": True})
        await it.hears("door.opened", "door.closed", "zone.tampered")
        assert it.emitted.signals[0].data == {"battery": 97}


async def test_a_press_is_an_event_each_time(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        for _ in range(2):
            await it.say("zigbee2mqtt/front_door", {"action": "emergency", "battery": 50}, qos=1)
            await it.say("zigbee2mqtt/front_door", {"action": ""}, qos=1)
        await it.hears("panic.pressed", "panic.pressed")


async def test_what_a_broker_remembers_is_a_state_and_no_event(broker: Mosquitto) -> None:
    peer = Peer(broker.port)
    await peer.say("zigbee2mqtt/front_door", {"action": "emergency", "water_leak": True}, qos=1, retain=True)
    async with scene(broker, ZIGBEE) as it:
        await it.hears("water.alarm")
        assert it.emitted.signals[0].data == {"from_status": True}
    peer.close()


async def test_what_a_broker_remembers_is_no_sign_of_life_but_that_the_device_is_there(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        lives_before = it.emitted.signs_of_life
        for payload in (b'{"contact": false}', b"\xff", b'{"contact": true}'):
            await it.driver._on_message(MqttMessage("zigbee2mqtt/front_door", payload, "c", 1, retained=True))
        assert it.emitted.signs_of_life == lives_before
        assert it.kinds == ["door.opened", "door.closed"]
        await it.driver._on_message(
            MqttMessage("zigbee2mqtt/front_door/availability", b"online", "c", 2, retained=True)
        )
        assert it.emitted.signs_of_life == lives_before + 1


@pytest.mark.parametrize(("word", "lives"), [("on", True), ("off", True), ("unknown", False)])
async def test_statestream_remembers_whether_it_is_there_with_how_it_is(
    broker: Mosquitto, word: str, lives: bool
) -> None:
    base = "homeassistant/binary_sensor/kitchen_gas"
    states = [{"of": "@", "is": "on", "on": "gas.alarm", "off": "gas.restored"}]
    async with scene(broker, {"format": "ha_statestream", "base": base, "states": states}) as it:
        lives_before = it.emitted.signs_of_life
        await it.driver._on_message(MqttMessage(f"{base}/state", word.encode(), "c", 1, retained=True))
        assert (it.emitted.signs_of_life > lives_before) is lives


async def test_who_is_away_says_so_once(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        for payload in ('{"state":"offline"}', "offline", '{"state":"online"}', "offline"):
            await it.say("zigbee2mqtt/front_door/availability", payload)
        await it.hears("device.offline", "device.offline")


@pytest.mark.parametrize(("online", "offline"), [('{"state":"online"}', '{"state":"offline"}'), ("online", "offline")])
async def test_zigbee2mqtt_itself_may_die(broker: Mosquitto, online: str, offline: str) -> None:
    async with scene(broker, {"format": "zigbee2mqtt", "base": "zigbee2mqtt/bridge"}) as it:
        for payload in (online, offline, online, offline):
            await it.say("zigbee2mqtt/bridge/state", payload, retain=True)
        await it.hears("device.offline", "device.offline")


async def test_a_gas_sensor_that_knows_nothing_yet_says_not_that_the_gas_is_gone(broker: Mosquitto) -> None:
    async with scene(broker, {"format": "shelly_gen1", "base": "shellies/shellygas-1"}) as it:
        for word in ("none", "heavy", "unknown", "heavy", "none"):
            await it.say("shellies/shellygas-1/sensor/gas", word)
        await it.hears("gas.alarm", "gas.restored")


async def test_that_it_is_away_is_no_sign_of_life_however_often_it_is_said(broker: Mosquitto) -> None:
    """zigbee2mqtt says it again of every device when it starts."""
    async with scene(broker, ZIGBEE) as it:
        heard: list[str] = []
        it.driver.link.on_heard = lambda: heard.append("heard")
        for word in ("offline", "offline"):
            await it.say("zigbee2mqtt/front_door/availability", {"state": word}, retain=True)
        await it.hears("device.offline")
        lives = it.emitted.signs_of_life
        await it.say("zigbee2mqtt/front_door/availability", {"state": "online"}, retain=True)
        await until(lambda: it.emitted.signs_of_life == lives + 1)
        assert heard == []
        await it.say("zigbee2mqtt/front_door", {"contact": True})
        await until(lambda: heard)


async def test_tasmota(broker: Mosquitto) -> None:
    settings = {
        "format": "tasmota",
        "base": "siren_1",
        "states": [{"of": "Switch1", "is": "ON", "on": "zone.alarm", "off": "zone.restored"}],
        "events": [{"of": "Button1.Action", "is": "SINGLE", "kind": "panic.pressed", "topic": "stat/{base}/RESULT"}],
        "commands": {
            "sound": {"topic": "cmnd/{base}/POWER", "payload": "ON", "confirm": {"of": "POWER", "is": "ON"}},
        },
    }
    async with scene(broker, settings) as it:
        sensor = {"Time": "2026-11-22T12:00:00", "Switch1": "OFF"}
        await it.say("tele/siren_1/SENSOR", sensor)
        await it.say("tele/siren_1/SENSOR", sensor | {"Switch1": "ON"})
        await it.say("stat/siren_1/RESULT", {"Button1": {"Action": "SINGLE"}})
        await it.say("tele/siren_1/SENSOR", {"Button1": {"Action": "SINGLE"}})
        await it.say("tele/siren_1/LWT", "Offline")
        await it.hears("zone.alarm", "panic.pressed", "device.offline")
        await it.peer.listen("cmnd/#")
        order = asyncio.create_task(it.driver.perform(Command("front", "sound")))
        await until(lambda: it.peer.heard)
        assert it.peer.heard == [("cmnd/siren_1/POWER", b"ON")]
        assert not order.done()
        await it.say("stat/siren_1/RESULT", {"POWER": "ON"})
        await order


async def test_tasmota_says_one_thing_in_many_ways(broker: Mosquitto) -> None:
    """As stat's bare word, as RESULT's object, and as an action of a switch that is detached from its relay."""
    settings = {
        "format": "tasmota",
        "base": "gate",
        "states": [
            {"of": "POWER", "is": "ON", "on": "barrier.opened", "off": "barrier.closed"},
            {"of": "Switch1", "is": "ON", "on": "zone.alarm", "off": "zone.restored"},
        ],
        "events": [{"of": "RfReceived.Data", "is": "7028D2", "kind": "panic.pressed"}],
    }
    async with scene(broker, settings) as it:
        await it.say("stat/gate/POWER", "ON")
        await it.say("stat/gate/RESULT", {"POWER": "ON"})
        await it.say("stat/gate/POWER", {"POWER": "OFF"})  # SetOption4
        await it.say("tele/gate/SENSOR", {"Time": "2026-11-22T12:00:00", "Switch1": "ON"})
        await it.say("stat/gate/RESULT", {"Switch1": {"Action": "ON"}})
        await it.say("tele/gate/RESULT", {"RfReceived": {"Sync": 10030, "Data": "7028D2", "RfKey": "None"}})
        await it.hears("barrier.opened", "barrier.closed", "zone.alarm", "panic.pressed")


async def test_a_lock_of_zigbee2mqtt(broker: Mosquitto) -> None:
    events = [{"of": "action", "is": ["single", "panic"], "kind": "exit.requested"}]
    async with scene(broker, {**ZIGBEE, "events": events}) as it:
        lock = {"state": "LOCK", "lock_state": "locked", "battery": 90}
        await it.say("zigbee2mqtt/front_door", lock)
        await it.say("zigbee2mqtt/front_door", lock | {"state": "UNLOCK", "action": "unlock"})
        await it.say("zigbee2mqtt/front_door", {"action": "unlock_failure_invalid_pin_or_id", "action_user": 3})
        await it.say("zigbee2mqtt/front_door", {"action": "emergency"})
        await it.say("zigbee2mqtt/front_door", {"action": "panic"})
        await it.say("zigbee2mqtt/front_door", lock)
        await it.hears("door.unlocked", "access.denied", "panic.pressed", "exit.requested", "door.locked")
        assert it.emitted.signals[1].data == {"user": 3}


async def test_shelly_of_the_first_generation(broker: Mosquitto) -> None:
    settings = {
        "format": "shelly_gen1",
        "base": "shellies/shellydw2-73BF14",
        "availability": False,
        "states": [{"of": 'relay."0"', "is": "on", "on": "barrier.opened", "off": "barrier.closed"}],
        "events": [{"of": 'input_event."0".event', "is": "L", "kind": "panic.pressed"}],
    }
    async with scene(broker, settings) as it:
        for topic, payload in (
            ("online", "true"),
            ("sensor/state", "close"),
            ("sensor/state", "open"),
            ("sensor/battery", "9"),
            ("sensor/flood", "true"),
            ("sensor/gas", "test"),
            ("status", '{"motion": true, "timestamp": 1605865478, "active": true, "bat": 80}'),
            ("relay/0", "on"),
            ("input_event/0", '{"event": "L", "event_cnt": 2}'),
            ("online", "false"),
            ("sensor/flood", "false"),
        ):
            await it.say(f"{settings['base']}/{topic}", payload)
        await it.hears(
            *("door.opened", "panel.battery_low", "water.alarm", "zone.alarm", "barrier.opened"),
            *("panic.pressed", "water.restored"),
        )


async def test_shelly_reports_a_component_or_notifies(broker: Mosquitto) -> None:
    settings = {
        "format": "shelly",
        "base": "shellyplus1-a8032abe54dc",
        "states": [{"of": 'params."input:0".state', "on": "exit.requested"}],
        "events": [
            {"of": "params.events[?component=='input:1'].event | [0]", "is": "long_push", "kind": "panic.pressed"}
        ],
        "commands": {
            "open": {
                "topic": "{base}/rpc",
                "payload": '{"id": 1, "src": "{base}/anju", "method": "Switch.Set", "params": {"id": {id}}}',
                "takes": ["id"],
                "confirm": {"of": "result.was_on", "is": [True, False], "topic": "{base}/anju/rpc"},
            },
        },
    }
    async with scene(broker, settings) as it:
        base = settings["base"]
        await it.say(f"{base}/status/input:0", {"id": 0, "state": False})
        await it.say(f"{base}/events/rpc", {"method": "NotifyStatus", "params": {"input:0": {"id": 0, "state": True}}})
        await it.say(f"{base}/status/input:0", {"id": 0, "state": True})
        await it.say(f"{base}/status/smoke:0", {"id": 0, "alarm": True, "mute": False})
        pushed = {"events": [{"component": "input:1", "id": 1, "event": "long_push", "ts": 1.0}]}
        await it.say(f"{base}/events/rpc", {"method": "NotifyEvent", "params": pushed})
        await it.hears("exit.requested", "fire.alarm", "panic.pressed")
        await it.peer.listen(f"{base}/rpc")
        order = asyncio.create_task(it.driver.perform(Command("front", "open", {"id": 0})))
        await until(lambda: it.peer.heard)
        assert json.loads(it.peer.heard[0][1])["src"] == f"{base}/anju"
        await it.say(f"{base}/anju/rpc", {"id": 1, "src": base, "dst": f"{base}/anju", "result": {"was_on": True}})
        await order


async def test_what_a_broker_remembers_confirms_nothing(broker: Mosquitto) -> None:
    sound = {"topic": "{base}/set", "payload": "ON", "confirm": {"of": "state", "is": "ON"}}
    async with scene(broker, {**ZIGBEE, "commands": {"sound": sound}}) as it:
        order = asyncio.create_task(it.driver.perform(Command("front", "sound")))
        await asyncio.sleep(0.1)
        remembered = MqttMessage("zigbee2mqtt/front_door", b'{"state": "ON"}', "c", 1, retained=True)
        await it.driver._on_message(remembered)
        assert not order.done()
        await it.driver._on_message(replace(remembered, retained=False))
        await order


async def test_states_of_several_topics(broker: Mosquitto) -> None:
    """A message may come on the topics of more than one of them."""
    settings = {
        "base": "acme/7",
        "states": [
            {"of": "a", "on": "zone.alarm", "topic": "acme/+"},
            {"of": "b", "on": "fire.alarm", "topic": "{base}"},
            {"of": "c", "on": "gas.alarm", "topic": "elsewhere/7"},
        ],
    }
    async with scene(broker, settings) as it:
        await it.say("acme/7", {"a": True, "b": True, "c": True})
        await it.say("elsewhere/7", {"a": True, "b": True, "c": True})
        await it.hears("zone.alarm", "fire.alarm", "gas.alarm")


async def test_shelly(broker: Mosquitto) -> None:
    settings = {
        "format": "shelly",
        "base": "shellyplus1-a8032abe54dc",
        "states": [{"of": 'params."input:0".state', "on": "exit.requested"}],
    }
    async with scene(broker, settings) as it:
        for state in (False, True, False, True):
            params = {"ts": 1639565283.71, "input:0": {"id": 0, "state": state}}
            said = {"src": "shellyplus1-a8032abe54dc", "dst": "x/events", "method": "NotifyStatus", "params": params}
            await it.say("shellyplus1-a8032abe54dc/events/rpc", said)
        await it.say("shellyplus1-a8032abe54dc/online", "false")
        await it.hears("exit.requested", "exit.requested", "device.offline")


async def test_statestream_speaks_in_bare_words(broker: Mosquitto) -> None:
    settings = {
        "format": "ha_statestream",
        "base": "homeassistant/binary_sensor/kitchen_gas",
        "states": [{"of": "@", "is": "on", "on": "gas.alarm", "off": "gas.restored"}],
    }
    async with scene(broker, settings) as it:
        for word in ("off", "on", "unavailable", "unknown", "on", "off"):
            await it.say("homeassistant/binary_sensor/kitchen_gas/state", word, retain=True)
        await it.hears("gas.alarm", "device.offline", "gas.restored")


async def test_any_json_with_numbers(broker: Mosquitto) -> None:
    settings = {
        "base": "acme/+/up",
        "states": [{"of": "data[0].temp", "above": 57.5, "on": "fire.alarm", "off": "fire.restored"}],
        "details": {"temperature": "data[0].temp"},
    }
    async with scene(broker, settings) as it:
        for value in (20, "61.5", None, 63, 40.2):
            await it.say("acme/7/up", {"data": [{"temp": value}]})
        await it.hears("fire.alarm", "fire.restored")
        assert [one.data["temperature"] for one in it.emitted.signals] == ["61.5", 40.2]


async def test_what_can_not_be_read_is_quarantined(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        await it.say("zigbee2mqtt/front_door", b"\xff\xfe", qos=1)
        await it.say("zigbee2mqtt/front_door", "[" * 100 + "]" * 100, qos=1)
        await it.say("zigbee2mqtt/front_door", {"contact": False}, qos=1)
        await it.hears("door.opened")
        assert [why for why, _ in it.emitted.quarantined] == [
            "zigbee2mqtt/front_door: neither JSON nor text in UTF-8",
            "zigbee2mqtt/front_door: JSON nested deeper than 32 levels",
        ]


async def test_a_value_that_means_nothing_is_told_the_installer_once(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        for value in (False, "unknown", "unknown", None, "ajar", False, "unknown"):
            await it.say("zigbee2mqtt/front_door", {"contact": value}, qos=1)
        await it.say("zigbee2mqtt/front_door", {"contact": True}, qos=1)
        await it.hears("door.opened", "door.closed")
        assert [why.partition(",")[0] for why, _ in it.emitted.quarantined] == [
            "zigbee2mqtt/front_door: contact is 'unknown'",
            "zigbee2mqtt/front_door: contact is 'ajar'",
        ]
        assert it.emitted.refusals == []


async def test_json_that_is_cut_short_is_told_the_guard(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        await it.say("zigbee2mqtt/front_door", b'{"battery": 97, "contact": fal', qos=1)
        await until(lambda: it.emitted.refusals)
        assert it.emitted.quarantined == [("zigbee2mqtt/front_door: broken JSON", b'{"battery": 97, "contact": fal')]


async def test_names_in_gbk_cost_no_alarm(broker: Mosquitto) -> None:
    async with scene(broker, ZIGBEE) as it:
        await it.say("zigbee2mqtt/front_door", '{"tamper": true, "name": "前门"}'.encode("gbk"), qos=1)
        await it.hears("zone.tampered")


async def test_a_command_that_is_not_confirmed_has_failed(broker: Mosquitto) -> None:
    unlock = {
        "topic": "{base}/set",
        "payload": '{"state": "{state}"}',
        "takes": ["state"],
        "confirm": {"of": "state", "is": "UNLOCK"},
    }
    async with scene(broker, {**ZIGBEE, "commands": {"unlock": unlock}}) as it:
        await it.peer.listen("zigbee2mqtt/front_door/set")
        order = Command("front", "unlock", {"state": 'UN"LOCK'}, limit=timedelta(seconds=0.5))
        with pytest.raises(CommandFailed, match="did not confirm"):
            await it.driver.perform(order)
        assert it.peer.heard == [("zigbee2mqtt/front_door/set", b'{"state": "UN\\"LOCK"}')]
        with pytest.raises(CommandFailed, match="state is missing"):
            await it.driver.perform(Command("front", "unlock"))


async def test_it_comes_in_by_our_own_endpoint_too() -> None:
    async with endpoint() as door:
        emitted = Reports()
        settings = MappedSettings.model_validate({**ZIGBEE, "via": "endpoint", "account": "bridge"})
        driver = MqttMapped(DEVICE, settings, door.link("front", "bridge"), emitted)
        running = asyncio.create_task(driver.run())
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, b'{"contact": false}', topic="zigbee2mqtt/front_door"))
        await client.receive()
        assert [one.kind for one in emitted.signals] == ["door.opened"]
        await client.close()
        running.cancel()
        await asyncio.wait([running])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "path": ({"states": [{"of": "a ==", "on": "door.opened"}]}, "no JMESPath expression"),
    "kind": ({"events": [{"of": "a", "kind": "door.open"}]}, "no kind of signal"),
    "topic": ({"base": "a/#/b"}, "no topic"),
    "both": ({"states": [{"of": "a", "above": 1, "below": 2, "on": "door.opened"}]}, "above and below at once"),
    "nothing": ({"format": "json"}, "this device would never report anything"),
    "account": ({"via": "endpoint"}, "no account"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_told(name: str) -> None:
    more, what = WRONG[name]
    with pytest.raises(ValidationError, match=what):
        MappedSettings.model_validate({**ZIGBEE, **more})
