"""Home alarms and doors against a real broker, with other clients at the other end."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gateway.simulator import door_controller, home_alarms
from gateway.simulator.mqtt import MqttDevices, MqttLogin

pytestmark = pytest.mark.needs("mosquitto", "mosquitto")


@asynccontextmanager
async def heard(broker, count: int):
    """What another client hears, topic and JSON; the block is left once `count` messages came."""
    messages: list[tuple[str, dict]] = []
    subscribed, enough = threading.Event(), threading.Event()

    def take(_client, _data, message) -> None:
        messages.append((message.topic.removeprefix("anju/v1/"), json.loads(message.payload)))
        if len(messages) >= count:
            enough.set()

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = take
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.subscribe("anju/v1/#", 1)
    try:
        assert await asyncio.to_thread(subscribed.wait, 10)
        yield messages
        assert await asyncio.to_thread(enough.wait, 10), messages
    finally:
        client.disconnect()
        client.loop_stop()


async def test_homes_say_what_happens(broker) -> None:
    account = MqttLogin(broker.host, broker.port, "homes", "secret")
    async with heard(broker, 7) as messages, MqttDevices(account, home_alarms.DEVICES).running() as devices:
        await asyncio.wait_for(devices.connected.wait(), 10)
        for event in (
            home_alarms.burglary,
            home_alarms.fire,
            home_alarms.gas,
            home_alarms.panic,
            home_alarms.battery_low,
            home_alarms.fire_over,
            home_alarms.gas_over,
        ):
            event(devices)
        await asyncio.sleep(0.3)
    assert [(topic, said["kind"]) for topic, said in messages] == [
        ("home-b1-u1-502/signal", "zone.alarm"),
        ("home-b2-u1-1101/signal", "fire.alarm"),
        ("home-b3-u1-1502/signal", "gas.alarm"),
        ("home-b3-u2-802/signal", "panic.pressed"),
        ("home-b1-u2-302/signal", "panel.battery_low"),
        ("home-b2-u1-1101/signal", "fire.restored"),
        ("home-b3-u1-1502/signal", "gas.restored"),
    ]
    assert len({said["id"] for _, said in messages}) == 7


async def test_what_is_said_before_the_broker_is_there_is_said_after(make_broker) -> None:
    broker = make_broker()
    broker.stop()
    account = MqttLogin(broker.host, broker.port, "homes", "secret")
    async with MqttDevices(account, home_alarms.DEVICES).running() as devices:
        home_alarms.fire(devices)
        await asyncio.sleep(0.2)
        broker.start()
        async with heard(broker, 1) as messages:
            pass
        async with asyncio.timeout(10):
            while devices._client._out_messages:  # the broker acknowledges it when it has passed it on
                await asyncio.sleep(0.02)
    assert [topic for topic, _ in messages] in (
        [],
        ["home-b2-u1-1101/signal"],
    )  # it may have been said before we listened


@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
async def test_a_door_obeys_and_tells(broker) -> None:
    account = MqttLogin(broker.host, broker.port, "doors", "secret")
    async with heard(broker, 6) as messages, MqttDevices(account, door_controller.DEVICES).running() as devices:
        obeying = asyncio.ensure_future(door_controller.handle_commands(devices))
        await asyncio.wait_for(devices.connected.wait(), 10)
        await asyncio.sleep(0.2)
        order = {"id": "c-1", "action": "unlock", "arguments": {"seconds": 1}}
        publish = await asyncio.create_subprocess_exec(
            *f"mosquitto_pub -h {broker.host} -p {broker.port} -q 1 -t anju/v1/door-garage/command -m".split(),
            json.dumps(order),
        )
        assert await publish.wait() == 0
        await asyncio.sleep(2.5)
        obeying.cancel()
    kinds = [(topic, said.get("kind") or said.get("ok")) for topic, said in messages]
    assert kinds[1:] == [
        ("door-garage/result", True),
        ("door-garage/signal", "door.unlocked"),
        ("door-garage/signal", "door.opened"),
        ("door-garage/signal", "door.closed"),
        ("door-garage/signal", "door.locked"),
    ]
    assert messages[1][1]["id"] == "c-1"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"id": "c", "action": "sing"}, "can't sing"),
        ({"id": "c", "action": "unlock", "arguments": {"seconds": 3600}}, "at most 60"),
        ({"id": "c", "action": "unlock", "arguments": {"seconds": "x"}}, "at most 60"),
    ],
)
async def test_a_door_refuses(broker, order: dict, error: str) -> None:
    account = MqttLogin(broker.host, broker.port, "doors", "secret")
    async with heard(broker, 2) as messages, MqttDevices(account, door_controller.DEVICES).running() as devices:
        obeying = asyncio.ensure_future(door_controller.handle_commands(devices))
        await asyncio.wait_for(devices.connected.wait(), 10)
        devices._publish("door-garage/command", order)
        await asyncio.sleep(0.5)
        obeying.cancel()
    assert messages[1][0] == "door-garage/result"
    assert messages[1][1]["ok"] is False
    assert error in messages[1][1]["error"]
