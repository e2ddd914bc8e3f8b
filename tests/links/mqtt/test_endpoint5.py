"""MQTT 5 at the endpoint: bounds told, reasons given, sessions and wills by their seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties as PahoProperties

from gateway.errors import LinkLost, NotRecorded
from gateway.links.mqtt.endpoint import MqttEndpoint
from gateway.links.mqtt.limits import EndpointLimits
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.packets import (
    LEVEL_5,
    Connack,
    Connect,
    Disconnect,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from gateway.links.mqtt.properties import Property
from gateway.links.mqtt.reasons import Reason
from tests.links.mqtt.support import ACCOUNTS, SIGNAL, Committer, QuarantineStub, RawClient, endpoint, signal, until
from tests.links.mqtt.test_interoperability import WHO, run, serving

STATUS = "anju/v1/lock/status"
COMMAND = "anju/v1/lock/command"


@asynccontextmanager
async def client_of(door: MqttEndpoint) -> AsyncIterator[RawClient]:
    client = await RawClient.open(door.port)
    client.speak(LEVEL_5)
    yield client
    await client.close()


async def goodbye(client: RawClient) -> int:
    """Why the endpoint ends it, which is all it still says."""
    (told,) = await client.ends()
    assert isinstance(told, Disconnect)
    return told.reason


async def picky(message: MqttMessage) -> str | None:
    return "kind: 'zone.alarmed' is no kind" if b"alarmed" in message.payload else None


async def test_our_bounds_are_told_and_what_was_clipped() -> None:
    async with endpoint(EndpointLimits(in_flight=7, largest_packet=5000)) as door, client_of(door) as client:
        told = await client.sign_in(client="", properties={Property.SESSION_EXPIRY: 0xFFFFFFFF})
        assert told.reason == Reason.SUCCESS
        assert told.properties[Property.RECEIVE_MAXIMUM] == 7
        assert told.properties[Property.MAXIMUM_PACKET] == 5000
        assert told.properties[Property.MAXIMUM_QOS] == 1
        assert told.properties[Property.SESSION_EXPIRY] == 3600
        assert told.properties[Property.ASSIGNED_CLIENT].startswith("auto-")


async def test_a_refusal_says_why() -> None:
    async with endpoint() as door:
        for more, reason in (
            ({"user": "nobody"}, Reason.BAD_CREDENTIALS),
            ({"properties": {Property.AUTHENTICATION_METHOD: "SCRAM"}}, Reason.BAD_AUTHENTICATION_METHOD),
            ({"properties": {Property.AUTHENTICATION_DATA: b"x"}}, Reason.PROTOCOL_ERROR),
            ({"will": Will(STATUS, b"offline", qos=2)}, Reason.QOS_NOT_SUPPORTED),
        ):
            async with client_of(door) as client:
                told = await client.sign_in(**more)
                assert told.reason == reason
                assert told.properties[Property.REASON]
                assert await client.ends() == []


@pytest.mark.parametrize(
    ("connect", "reason"),
    [
        (b"\x10\x11\x00\x04MQTT\x05\x02\x00\x00\x03\x21\x00\x00\x00\x01x", Reason.PROTOCOL_ERROR),
        (b"\x10\x0e\x00\x04MQTT\x05\x03\x00\x00\x00\x00\x01x", Reason.MALFORMED),
    ],
    ids=["a receive maximum of 0", "the reserved flag"],
)
async def test_what_is_wrong_with_a_connect_is_said(connect: bytes, reason: Reason) -> None:
    async with endpoint() as door, client_of(door) as client:
        client.writer.write(connect)
        (told,) = await client.ends()
        assert isinstance(told, Connack)
        assert told.reason == reason
        assert told.properties[Property.REASON]
        assert door.counters.malformed == 1


async def test_an_acknowledgement_says_what_was_wrong(quarantined: QuarantineStub) -> None:
    async with serving(picky, quarantined=quarantined) as (door, _), client_of(door) as client:
        await client.sign_in()
        client.send(signal(1), signal(2, b"alarmed"), signal(3, topic="anju/v1/other/signal"))
        assert await client.receive() == Puback(1)
        wrong = Puback(2, Reason.PAYLOAD_INVALID, {Property.REASON: "kind: 'zone.alarmed' is no kind"})
        assert await client.receive() == wrong
        strange = await client.receive()
        assert isinstance(strange, Puback)
        assert strange.reason == Reason.NOT_AUTHORIZED
        assert "no device's of account bridge" in strange.properties[Property.REASON]
        assert quarantined.kept


@pytest.mark.parametrize("asked", [{Property.REQUEST_PROBLEM: 0}, {Property.MAXIMUM_PACKET: 200}])
async def test_who_wants_no_words_gets_the_code_alone(asked: dict[Property, Any]) -> None:
    async with serving(picky) as (door, _), client_of(door) as client:
        await client.sign_in(properties=asked)
        client.send(signal(2, b"alarmed"))
        assert await client.receive() == Puback(2, Reason.PAYLOAD_INVALID)


@pytest.mark.parametrize("why", ["\ud800 is no kind", "line\nline\x07", "汉" * 500])
async def test_a_reason_in_words_is_always_a_string_of_mqtt(why: str) -> None:
    async def handle(_message: MqttMessage) -> str:
        return why

    async with serving(handle) as (door, _), client_of(door) as client:
        await client.sign_in(properties={Property.MAXIMUM_PACKET: 1024})
        client.send(signal(1))
        told = await client.receive()
        assert isinstance(told, Puback)
        assert told.properties[Property.REASON].isprintable()


async def test_what_is_not_recorded_is_never_acknowledged_as_failed() -> None:
    async def full(_message: MqttMessage) -> None:
        raise NotRecorded("the disk is full")

    async with serving(full) as (door, _), client_of(door) as client:
        await client.sign_in()
        client.send(signal(1))
        (told,) = await client.ends()
        assert isinstance(told, Disconnect)
        assert told.reason == Reason.IMPLEMENTATION
        assert "the disk is full" in told.properties[Property.REASON]


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (Publish(SIGNAL, b"x", 2, 1), Reason.QOS_NOT_SUPPORTED),
        (Publish("", b"x", properties={Property.TOPIC_ALIAS: 1}), Reason.TOPIC_ALIAS_INVALID),
        (Connect("again", level=LEVEL_5), Reason.PROTOCOL_ERROR),
        (Publish(SIGNAL, b"x" * 6000), Reason.PACKET_TOO_LARGE),
        (Disconnect(properties={Property.SESSION_EXPIRY: 9}), Reason.PROTOCOL_ERROR),
    ],
)
async def test_who_breaks_the_rules_is_told_which(packet: Any, reason: Reason) -> None:
    async with endpoint(EndpointLimits(largest_packet=5000)) as door, client_of(door) as client:
        await client.sign_in()
        client.send(packet)
        assert await goodbye(client) == reason


async def test_the_end_has_a_reason() -> None:
    async with endpoint() as door:
        async with client_of(door) as first, client_of(door) as second:
            await first.sign_in()
            await second.sign_in()
            assert await goodbye(first) == Reason.TAKEN_OVER
            door.set_accounts({})
            assert await goodbye(second) == Reason.NOT_AUTHORIZED
            door.set_accounts(ACCOUNTS)
        third = await RawClient.open(door.port)
        third.speak(LEVEL_5)
        await third.sign_in(client="c3")
    assert await goodbye(third) == Reason.SHUTTING_DOWN
    await third.close()


async def test_subscriptions_are_answered_one_by_one() -> None:
    async with serving(picky) as (door, _), client_of(door) as client:
        await client.sign_in()
        answer = await client.subscribe(COMMAND, "anju/v1/other/command", f"$share/group/{COMMAND}")
        assert isinstance(answer, Suback)
        assert answer.codes == (1, Reason.NOT_AUTHORIZED, Reason.SHARED_NOT_SUPPORTED)
        client.send(Unsubscribe(2, (COMMAND, COMMAND)))
        assert await client.receive() == Unsuback(2, (Reason.SUCCESS, Reason.NO_SUBSCRIPTION))


async def test_a_client_is_sent_no_more_than_it_takes() -> None:
    async with serving(picky) as (door, link), client_of(door) as client:
        await client.sign_in(properties={Property.RECEIVE_MAXIMUM: 2, Property.MAXIMUM_PACKET: 100})
        await client.subscribe(COMMAND)
        for number in range(3):
            await link.publish(COMMAND, b"%d" % number, life=30)
        first, second = await client.receive(), await client.receive()
        assert isinstance(first, Publish)
        assert isinstance(second, Publish)
        assert 29 <= first.properties[Property.MESSAGE_EXPIRY] <= 30
        assert await client.is_quiet()
        client.send(Puback(first.packet_id or 0))
        assert isinstance(await client.receive(), Publish)
        with pytest.raises(LinkLost, match="more than the client takes"):
            await link.publish(COMMAND, b"x" * 200)
        client.send(Puback(second.packet_id or 0))
        await client.subscribe(COMMAND, qos=0)
        with pytest.raises(LinkLost, match="more than the client takes"):
            await link.publish(COMMAND, b"x" * 200)
        await link.publish(COMMAND, b"x", life=30)
        said = await client.receive()
        assert isinstance(said, Publish)
        assert (said.qos, said.properties) == (0, {Property.MESSAGE_EXPIRY: 30})


async def test_who_takes_too_little_for_an_answer_is_told_so() -> None:
    async with serving(picky) as (door, _):
        async with client_of(door) as client:
            told = await client.sign_in(properties={Property.MAXIMUM_PACKET: 20})
            assert (told.reason, told.properties) == (Reason.IMPLEMENTATION, {})
        async with client_of(door) as client:
            await client.sign_in(client="", properties={Property.MAXIMUM_PACKET: 64, Property.SESSION_EXPIRY: 9999})
            client.send(Subscribe(1, tuple((f"a/{number}", 1) for number in range(100))))
            assert await goodbye(client) == Reason.PACKET_TOO_LARGE


async def test_what_is_remembered_comes_as_the_subscription_wants_it() -> None:
    async with serving(picky) as (door, link), client_of(door) as client:
        await client.sign_in()
        await link.publish(STATUS, b"remembered", retain=True)
        each = ((STATUS, 1),)
        for options, heard in (
            ({"no_retained": frozenset({STATUS})}, False),
            ({"retained_if_new": frozenset({STATUS})}, False),  # it is there since the first
            ({"retain_as_published": frozenset({STATUS})}, True),
        ):
            client.send(Subscribe(1, each, **options))
            assert isinstance(await client.receive(), Suback)
            assert await client.is_quiet() is not heard or isinstance(await client.receive(), Publish)
        client.send(Unsubscribe(2, (STATUS,)), Subscribe(3, each, retained_if_new=frozenset({STATUS})))
        await client.receive()
        await client.receive()
        said = await client.receive()
        assert isinstance(said, Publish)
        assert said.retain


@pytest.mark.parametrize("as_published", [True, False])
async def test_a_bridge_may_see_retain_as_it_was_said(as_published: bool) -> None:
    async with serving(picky) as (door, link), client_of(door) as client:
        await client.sign_in()
        names = frozenset({STATUS}) if as_published else frozenset()
        client.send(Subscribe(1, ((STATUS, 1),), retain_as_published=names))
        await client.receive()
        await link.publish(STATUS, b"x", retain=True)
        said = await client.receive()
        assert isinstance(said, Publish)
        assert said.retain is as_published


async def test_a_session_lives_as_long_as_its_client_asked() -> None:
    async with serving(picky) as (door, link):
        async with client_of(door) as client:
            await client.sign_in(properties={Property.SESSION_EXPIRY: 60})
            await client.subscribe(COMMAND)
        await until(lambda: not door.counters.connections)
        async with client_of(door) as client:
            assert (await client.sign_in(clean_session=False)).session_present  # and asks for no more seconds
            await link.publish(COMMAND, b"x")
            assert isinstance(await client.receive(), Publish)
        await until(lambda: not door.counters.connections)
        async with client_of(door) as client:
            assert not (await client.sign_in(clean_session=False)).session_present


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_will_waits_its_delay_for_the_client_to_return(comes_back: bool) -> None:
    will = Will(STATUS, b"offline", properties={Property.WILL_DELAY: 1})
    silent = asyncio.Event()

    async def on_silent() -> None:
        silent.set()

    async with serving(picky) as (door, link):
        link.on_silent = on_silent
        async with client_of(door) as client:
            await client.sign_in(will=will, properties={Property.SESSION_EXPIRY: 60})
        async with client_of(door) as client:
            if comes_back:
                await client.sign_in(clean_session=False)
            await asyncio.sleep(0.3)
            assert not silent.is_set()
            await asyncio.sleep(1)
            assert silent.is_set() is not comes_back


async def test_a_will_is_forgotten_when_its_client_was_back_in_time() -> None:
    will = Will(STATUS, b"offline", properties={Property.WILL_DELAY: 1})
    silent = asyncio.Event()

    async def on_silent() -> None:
        silent.set()

    async with serving(picky) as (door, link):
        link.on_silent = on_silent
        async with client_of(door) as client:
            await client.sign_in(will=will, properties={Property.SESSION_EXPIRY: 60})
        async with client_of(door) as client:
            await client.sign_in(clean_session=False)
            client.send(Disconnect())  # done, and without a will
            await client.ends()
        await asyncio.sleep(1.3)
        assert not silent.is_set()


async def test_a_will_that_waits_does_not_hold_up_the_gateways_end() -> None:
    will = Will(STATUS, b"offline", properties={Property.WILL_DELAY: 600})
    async with asyncio.timeout(5), serving(picky) as (door, _):
        async with client_of(door) as client:
            await client.sign_in(will=will, properties={Property.SESSION_EXPIRY: 600})
        await until(lambda: not door.counters.connections)


@pytest.mark.parametrize("reason", [Reason.WITH_WILL, Reason.UNSPECIFIED, Reason.QUOTA_EXCEEDED])
async def test_only_who_is_done_takes_the_will_along(reason: Reason) -> None:
    silent = asyncio.Event()

    async def on_silent() -> None:
        silent.set()

    async with serving(picky) as (door, link), client_of(door) as client:
        link.on_silent = on_silent
        await client.sign_in(will=Will(STATUS, b"offline"))
        client.send(Disconnect(reason))
        await until(silent.is_set)


async def test_paho_speaks_it(committer: Committer) -> None:
    async def handle(message: MqttMessage) -> str | None:
        await committer(message)
        return await picky(message)

    told: dict[int, str] = {}
    async with serving(handle) as (door, _):
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="paho5", protocol=paho.MQTTv5)
        client.username_pw_set("bridge", ACCOUNTS["bridge"])
        client.on_publish = lambda _client, _data, mid, reason, _said: told.update({mid: str(reason)})
        expiry = PahoProperties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own gap
        expiry.SessionExpiryInterval = 60
        await asyncio.to_thread(client.connect, "127.0.0.1", door.port, 10, properties=expiry, clean_start=False)
        client.loop_start()
        sent = [client.publish(SIGNAL, b"%d" % number, qos=1) for number in range(500)]
        bad = client.publish(SIGNAL, b"alarmed", qos=1)
        await until(lambda: len(told) == 501, 20)
        assert {told[one.mid] for one in sent} == {"Success"}
        assert told[bad.mid] == "Payload format invalid"
        assert committer.kept()[:500] == [b"%d" % number for number in range(500)]
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
async def test_mosquittos_clients_speak_it(committer: Committer) -> None:
    async with serving(committer) as (door, link):
        sent = ("-V", "5", "-p", door.port, "-t", SIGNAL, "-m", "hello", "--repeat", 20)
        code, out = await run("mosquitto_pub", *WHO, *sent)
        assert (code, out) == (0, "")
        assert committer.kept() == [b"hello"] * 20
        hearing = asyncio.create_task(
            run("mosquitto_sub", *WHO, "-V", "5", "-p", door.port, "-t", COMMAND, "-C", 1, "-i", "sub")
        )
        await until(lambda: list(door._sessions.subscribers("bridge", COMMAND)))
        await link.publish(COMMAND, b"open", life=30)
        assert await hearing == (0, "open\n")
