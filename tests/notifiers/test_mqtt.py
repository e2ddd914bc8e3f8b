"""MQTT 5 with a real Mosquitto: its acknowledgement, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import threading

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import ValidationError

from gateway.errors import LinkLost, LoginRefused
from tests.support.broker import Mosquitto
from tests.support.notifications import NOTE, notifier

pytestmark = pytest.mark.needs("mosquitto", "mosquitto")
TOPIC = "anju/notify"


@pytest.fixture
def broker(tmp_path):
    (tmp_path / "acl").write_text("user anju\ntopic readwrite anju/#\n")
    broker = Mosquitto(tmp_path, {"anju": "mqtt-password"}, extra=f"\nacl_file {tmp_path}/acl\n")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def keys(broker):
    own = {"host": broker.host, "port": broker.port, "topic": TOPIC, "user": "anju", "password": "mqtt-password"}
    return {"kind": "mqtt", **own}


@pytest.fixture
def heard(broker):
    """The payloads that a subscriber of its own gets."""
    found: list[dict] = []
    subscribed = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.username_pw_set("anju", "mqtt-password")
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: found.append(json.loads(message.payload))
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.subscribe(TOPIC, 1)
    assert subscribed.wait(10)
    yield found
    client.disconnect()
    client.loop_stop()


async def comes(found, count):
    async with asyncio.timeout(10):
        while len(found) < count:
            await asyncio.sleep(0.01)


async def test_a_subscriber_gets_it_and_the_acknowledgement_is_the_receipt(keys, heard):
    receipt = await notifier(keys).send(NOTE)
    await comes(heard, 1)
    assert heard[0]["type"] == "anju.notification"
    assert heard[0]["data"]["id"] == "n-1"
    assert receipt.reference == "PUBACK Success"
    await notifier(keys).probe(NOTE)
    await comes(heard, 2)
    assert heard[1]["type"] == "anju.probe"


async def test_where_nobody_listens_nothing_is_delivered(keys):
    with pytest.raises(LinkLost, match="nobody subscribes"):
        await notifier(keys).send(NOTE)


async def test_unless_the_broker_keeps_it(keys):
    await notifier(keys, retain=True).send(NOTE)
    await notifier(keys, retain=True).probe(NOTE)


async def test_a_wrong_password_and_a_topic_that_is_not_allowed(keys):
    for more in ({"password": "other-password"}, {"topic": "elsewhere"}):
        with pytest.raises(LoginRefused) as refusal:
            await notifier(keys, **more).send(NOTE)
        assert "other-password" not in str(refusal.value.why)


async def test_a_broker_that_is_away_is_lost(keys, broker):
    broker.kill()
    with pytest.raises(LinkLost, match="can't be reached"):
        await notifier(keys).send(NOTE)


@pytest.mark.parametrize("topic", ["a/+", "#", "", "/"])
def test_what_is_no_topic_is_refused(keys, topic):
    with pytest.raises(ValidationError, match="no topic"):
        notifier(keys, topic=topic)
