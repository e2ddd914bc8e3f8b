"""The endpoint's promises, over raw sockets: acknowledged means committed, in order, and nothing is unbounded."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.errors import LinkLost
from gateway.links.mqtt.endpoint import MqttEndpoint
from gateway.links.mqtt.limits import EndpointLimits
from gateway.links.mqtt.link import OnMessage, RoutedLink
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.packets import (
    Connack,
    Connect,
    ConnectCode,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Unsuback,
    Unsubscribe,
    Will,
)
from tests.links.mqtt.support import SIGNAL, Committer, QuarantineStub, RawClient, endpoint, signal, until

TOPICS = ["anju/v1/lock/signal", "anju/v1/lock/result", "anju/v1/lock/status"]


async def nothing(_message: MqttMessage) -> None:
    pass


class Serving:
    """A driver's `serve` as a task."""

    def __init__(self, link: RoutedLink, handle: OnMessage, topics: Sequence[str] = TOPICS) -> None:
        self.task = asyncio.create_task(link.serve(topics, handle))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


# acknowledged means committed


async def test_the_acknowledgement_follows_the_commit(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        assert await client.sign_in() == Connack(ConnectCode.ACCEPTED)
        committer.gate.clear()
        client.send(signal(9, b"forced"))
        assert await client.is_quiet()
        committer.gate.set()
        assert await client.receive() == Puback(9)
        assert committer.kept() == [b"forced"]
        assert committer.messages == [MqttMessage(SIGNAL, b"forced", "c1", 9)]
        await client.close()


async def test_acknowledgements_keep_the_order_of_arrival() -> None:
    gates = {str(number).encode(): asyncio.Event() for number in range(1, 4)}

    async def handle(message: MqttMessage) -> None:
        await gates[message.payload].wait()

    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), handle)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(*(signal(number, str(number).encode()) for number in (1, 2, 3)))
        gates[b"3"].set()
        gates[b"2"].set()
        assert await client.is_quiet()
        gates[b"1"].set()
        assert [await client.receive() for _ in range(3)] == [Puback(1), Puback(2), Puback(3)]
        await client.close()


async def test_thousands_in_flight_are_all_kept_and_acknowledged_in_order(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(*(signal(number, b"%d" % number) for number in range(1, 5001)))
        assert [await client.receive() for _ in range(5000)] == [Puback(number) for number in range(1, 5001)]
        assert committer.kept() == [b"%d" % number for number in range(1, 5001)]
        assert door.counters.acknowledged == door.counters.messages == 5000
        await client.close()


async def test_what_is_not_recorded_is_not_acknowledged_and_comes_again(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        committer.broken = True
        client.send(signal(1, b"panic"))
        assert await client.ends() == []
        committer.broken = False
        again = await RawClient.open(door.port)
        await again.sign_in()
        again.send(signal(1, b"panic", dup=True))
        assert await again.receive() == Puback(1)
        assert [message.redelivered for message in committer.messages] == [True]
        assert door.counters.unkept == 1
        await client.close()
        await again.close()


async def test_a_crash_of_a_driver_is_its_own(committer: Committer) -> None:
    """Its message waits for the next one, who learns that it may have been committed already."""

    async def crash(_message: MqttMessage) -> None:
        raise ZeroDivisionError("a bug")

    async with endpoint() as door:
        link = door.link("lock", "bridge")
        serving = Serving(link, crash)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, b"panic"))
        with pytest.raises(ZeroDivisionError):
            await serving.task
        Serving(link, committer)
        assert await client.receive() == Puback(1)
        assert [message.redelivered for message in committer.messages] == [True]
        await client.close()


# the bounds


async def test_a_client_that_sends_too_much_is_not_read(committer: Committer) -> None:
    committer.gate.clear()
    async with endpoint(EndpointLimits(in_flight=10)) as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        await client.sign_in(keep_alive=1)
        client.send(*(signal(number) for number in range(1, 1001)))
        await asyncio.sleep(2)  # longer than the keep-alive: it does not run while it is we who do not read
        assert door.counters.messages == 10
        committer.gate.set()
        assert [await client.receive() for _ in range(1000)] == [Puback(number) for number in range(1, 1001)]
        await client.close()


async def test_bytes_count_as_well(committer: Committer) -> None:
    committer.gate.clear()
    async with endpoint(EndpointLimits(in_flight_bytes=100_000)) as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(*(signal(number, b"x" * 50_000) for number in range(1, 9)))
        await asyncio.sleep(0.3)
        assert door.counters.messages == 2
        committer.gate.set()
        assert [await client.receive() for _ in range(8)] == [Puback(number) for number in range(1, 9)]
        await client.close()


async def test_all_connections_together_are_bounded(committer: Committer) -> None:
    committer.gate.clear()
    async with endpoint(EndpointLimits(in_flight=10, in_flight_in_all=20)) as door:
        Serving(door.link("lock", "bridge"), committer)
        clients = [await RawClient.open(door.port) for _ in range(5)]
        for number, client in enumerate(clients):
            await client.sign_in(client=f"c{number}")
            client.send(*(signal(number) for number in range(1, 101)))
        await asyncio.sleep(0.3)
        assert 20 <= door.counters.messages <= 24
        committer.gate.set()
        for client in clients:
            assert [await client.receive() for _ in range(100)] == [Puback(number) for number in range(1, 101)]
            await client.close()


async def test_a_client_that_never_reads_is_not_read_either_and_then_cut(committer: Committer) -> None:
    async with endpoint(EndpointLimits(write_timeout=0.5)) as door:
        link = door.link("lock", "bridge")
        Serving(link, committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        await client.subscribe("anju/v1/lock/command", qos=0)
        client.stop_reading()
        with suppress(LinkLost):
            for _ in range(1000):
                await link.publish("anju/v1/lock/command", b"x" * 60_000)
        with pytest.raises(LinkLost):
            await link.publish("anju/v1/lock/command", b"x")
        client.send(signal(1))
        assert door.counters.connections == 1
        await until(lambda: door.counters.connections == 0)
        assert committer.messages == []
        await client.close()


async def test_strangers_make_room_for_newcomers() -> None:
    async with endpoint(EndpointLimits(unauthenticated=3)) as door:
        strangers = [await RawClient.open(door.port) for _ in range(3)]
        device = await RawClient.open(door.port)
        assert (await device.sign_in()).code == ConnectCode.ACCEPTED
        assert await strangers[0].ends() == []
        assert door.counters.refused == 1
        for client in (*strangers, device):
            await client.close()


async def test_who_does_not_connect_in_time_is_closed() -> None:
    async with endpoint(EndpointLimits(connect_timeout=0.3)) as door:
        client = await RawClient.open(door.port)
        client.writer.write(b"\x10")
        assert await client.ends(2) == []
        await client.close()


# who may do what


async def test_wrong_passwords() -> None:
    async with endpoint() as door:
        for packet in (
            Connect("c", user="bridge", password=b"wrong"),
            Connect("c", user="nobody", password=b"x"),
            Connect("c", user="bridge"),
            Connect("c"),
        ):
            client = await RawClient.open(door.port)
            client.send(packet)
            assert await client.ends() == [Connack(ConnectCode.BAD_CREDENTIALS)]
            await client.close()


async def test_another_accounts_topic_is_quarantined_then_acknowledged(
    committer: Committer, quarantined: QuarantineStub
) -> None:
    async with endpoint(quarantined=quarantined) as door:
        Serving(door.link("lock", "bridge"), committer)
        Serving(door.link("bell", "lone"), committer, ["anju/v1/bell/signal"])
        client = await RawClient.open(door.port)
        await asyncio.sleep(0)
        await client.sign_in()
        client.send(signal(1, b"spoof", "anju/v1/bell/signal"), signal(2, b"stray", "$SYS/x"), signal(3, b"own"))
        assert [await client.receive() for _ in range(3)] == [Puback(1), Puback(2), Puback(3)]
        assert [(account, data) for account, _, data in quarantined.kept] == [
            ("bridge", b"spoof"),
            ("bridge", b"stray"),
        ]
        assert "anju/v1/bell/signal" in quarantined.kept[0][1]
        assert committer.kept() == [b"own"]
        await client.close()


async def test_subscriptions_are_granted_for_own_devices_alone(committer: Committer) -> None:
    async with endpoint() as door:
        door.link("bell", "lone")
        Serving(door.link("lock", "bridge"), committer, ["zigbee/lock/#", *TOPICS])
        client = await RawClient.open(door.port)
        await client.sign_in()
        mine = ["anju/v1/lock/command", "anju/v1/lock/ack", "zigbee/lock/+"]
        others = ["anju/v1/bell/command", "anju/v1/+/command", "#", "zigbee/#", "$SYS/#", "anju/v1/lock/other"]
        assert await client.subscribe(*mine, *others, qos=2) == Suback(1, (1, 1, 1) + (0x80,) * 6)
        assert await client.subscribe(mine[0], qos=0, packet_id=2) == Suback(2, (0,))
        await client.close()


async def test_no_device_hears_another(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        client, other = await RawClient.open(door.port), await RawClient.open(door.port)
        await client.sign_in()
        await other.sign_in(client="c2")
        await other.subscribe(*TOPICS, "anju/v1/lock/command")
        client.send(signal(1, retain=True), signal(2, topic="anju/v1/lock/command"))
        assert [await client.receive(), await client.receive()] == [Puback(1), Puback(2)]
        assert await other.is_quiet()
        await client.close()
        await other.close()


# to the device


async def test_a_command_reaches_its_device_and_no_other(committer: Committer) -> None:
    async with endpoint() as door:
        link = door.link("lock", "bridge")
        Serving(link, committer)
        with pytest.raises(LinkLost, match="not connected"):
            await link.publish("anju/v1/lock/command", b"open")
        client = await RawClient.open(door.port)
        await client.sign_in()
        with pytest.raises(LinkLost, match="subscribed"):
            await link.publish("anju/v1/lock/command", b"open")
        await client.subscribe("anju/v1/lock/command")
        await link.publish("anju/v1/lock/command", b"open")
        assert await client.receive() == Publish("anju/v1/lock/command", b"open", 1, 1)
        client.send(Puback(1), Unsubscribe(5, ("anju/v1/lock/command",)))
        assert await client.receive() == Unsuback(5)
        with pytest.raises(LinkLost):
            await link.publish("anju/v1/lock/command", b"open")
        await client.close()


async def test_a_retained_word_is_said_to_who_subscribes_later() -> None:
    async with endpoint() as door:
        link = door.link("lock", "bridge")
        await link.publish("anju/v1/lock/command", b"quiet hours", retain=True)
        client = await RawClient.open(door.port)
        await client.sign_in()
        assert isinstance(await client.subscribe("anju/v1/lock/command", qos=0), Suback)
        assert await client.receive() == Publish("anju/v1/lock/command", b"quiet hours", retain=True)
        await link.publish("anju/v1/lock/command", b"", retain=True)
        await client.receive()
        await client.subscribe("anju/v1/lock/command", packet_id=2)
        assert await client.is_quiet()
        await client.close()


async def test_a_session_is_kept_while_its_client_is_away_and_told_truthfully() -> None:
    async with endpoint() as door:
        link = door.link("lock", "bridge")
        client = await RawClient.open(door.port)
        assert not (await client.sign_in(clean_session=False)).session_present
        await client.subscribe("anju/v1/lock/command")
        await link.publish("anju/v1/lock/command", b"late", life=60)
        await link.publish("anju/v1/lock/command", b"too late", life=0.1)
        await client.receive()
        await client.receive()
        await client.close()
        await until(lambda: door.counters.connections == 0)
        await asyncio.sleep(0.2)
        back = await RawClient.open(door.port)
        assert (await back.sign_in(clean_session=False)).session_present
        assert await back.receive() == Publish("anju/v1/lock/command", b"late", 1, 1, dup=True)
        assert await back.is_quiet()
        fresh = await RawClient.open(door.port)
        assert not (await fresh.sign_in(clean_session=True)).session_present
        await fresh.close()
        await until(lambda: door.counters.connections == 0)
        last = await RawClient.open(door.port)
        assert not (await last.sign_in(clean_session=False)).session_present
        for one in (back, last):
            await one.close()


# messages whose driver is away


async def test_messages_wait_for_their_driver(committer: Committer) -> None:
    async with endpoint() as door:
        link = door.link("lock", "bridge")
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, b"first"), signal(2, b"mapped", "zigbee/lock"), signal(3, b"second"))
        assert await client.is_quiet()
        Serving(link, committer, [*TOPICS, "zigbee/lock"])
        assert [await client.receive() for _ in range(3)] == [Puback(1), Puback(2), Puback(3)]
        assert sorted(committer.kept()) == [b"first", b"mapped", b"second"]
        await client.close()


async def test_when_no_driver_comes_the_message_is_left_with_the_device(quarantined: QuarantineStub) -> None:
    async with endpoint(EndpointLimits(driver_timeout=0.3), quarantined=quarantined) as door:
        door.link("lock", "bridge")
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1))
        assert await client.ends(2) == []
        assert quarantined.kept == []
        await client.close()


async def test_a_driver_that_restarts_loses_nothing_and_keeps_the_order(committer: Committer) -> None:
    async with endpoint() as door:
        link = door.link("lock", "bridge")
        serving = Serving(link, committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        committer.gate.clear()
        client.send(signal(1, b"1"), signal(2, b"2"))
        await until(lambda: door.counters.messages == 2)
        await serving.stop()
        client.send(signal(3, b"3"))
        await until(lambda: door.counters.messages == 3)
        committer._queue.clear()
        committer.gate.set()
        Serving(link, committer)
        assert [await client.receive() for _ in range(3)] == [Puback(1), Puback(2), Puback(3)]
        assert [(m.payload, m.redelivered) for m in committer.messages] == [(b"1", True), (b"2", True), (b"3", False)]
        await client.close()


async def test_a_topic_has_one_device(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer, ["zigbee/x"])
        second = Serving(door.link("bell", "bridge"), committer, ["zigbee/x"])
        with pytest.raises(LinkLost, match="claimed by device lock"):
            await second.task


# life signs


async def test_keep_alive_is_one_and_a_half_times_what_the_client_named() -> None:
    async with endpoint() as door:
        client = await RawClient.open(door.port)
        await client.sign_in(keep_alive=1)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(0.8)
        client.send(Pingreq())
        assert await client.receive() == Pingresp()
        assert await client.ends() == []
        assert 2.1 < asyncio.get_running_loop().time() - began < 3.0
        await client.close()


async def unclean(client: RawClient) -> None:
    client.writer.transport.abort()


async def garbage(client: RawClient) -> None:
    client.writer.write(b"\xff\xff\xff")


async def politely(client: RawClient) -> None:
    client.send(Disconnect())


@pytest.mark.parametrize(("way", "is_silent"), [(unclean, True), (garbage, True), (politely, False)])
async def test_a_will_that_comes_due_means_silence(way, is_silent: bool) -> None:
    silent = []

    async def on_silent() -> None:
        silent.append("lock")

    async with endpoint() as door:
        door.link("lock", "bridge").on_silent = on_silent
        client = await RawClient.open(door.port)
        await client.sign_in(will=Will("anju/v1/lock/status", b"offline", 1, retain=True))
        await way(client)
        await until(lambda: door.counters.connections == 0)
        await asyncio.sleep(0.05)
        assert bool(silent) is is_silent
        await client.close()


async def test_a_will_for_somebody_else_is_quarantined(quarantined: QuarantineStub) -> None:
    async with endpoint(quarantined=quarantined) as door:
        door.link("bell", "lone")
        client = await RawClient.open(door.port)
        await client.sign_in(will=Will("anju/v1/bell/status", b"offline"))
        await client.close()
        await until(lambda: quarantined.kept)
        assert quarantined.kept[0][0] == "bridge"


async def test_the_same_client_again_takes_over_and_is_not_silent() -> None:
    silent = []

    async def on_silent() -> None:
        silent.append("lock")

    async with endpoint() as door:
        door.link("lock", "bridge").on_silent = on_silent
        former = await RawClient.open(door.port)
        await former.sign_in(will=Will("anju/v1/lock/status", b"offline"))
        other_account = await RawClient.open(door.port)
        await other_account.sign_in("lone")
        now = await RawClient.open(door.port)
        await now.sign_in()
        assert await former.ends() == []
        assert await other_account.is_quiet()
        assert door.counters.connections == 2
        assert silent == []
        for client in (former, other_account, now):
            await client.close()


async def test_who_is_heard() -> None:
    heard: list[str] = []
    async with endpoint() as door:
        for device, account in (("lock", "bridge"), ("door", "bridge"), ("bell", "lone")):
            door.link(device, account).on_heard = lambda device=device: heard.append(device)
        bridge, lone = await RawClient.open(door.port), await RawClient.open(door.port)
        await bridge.sign_in()
        bridge.send(Pingreq())
        await bridge.receive()
        assert heard == []
        bridge.send(Publish(SIGNAL, b""))
        await until(lambda: heard == ["lock"])
        await lone.sign_in("lone")
        lone.send(Pingreq())
        await lone.receive()
        assert heard == ["lock", "bell", "bell"]
        await bridge.close()
        await lone.close()


# what no client should do


async def test_a_client_of_another_version_is_told_so() -> None:
    async with endpoint() as door:
        client = await RawClient.open(door.port)
        client.writer.write(b"\x10\x11\x00\x04MQTT\x06\x02\x00\x3c\x00\x00\x04anju")
        assert await client.ends() == [Connack(ConnectCode.UNACCEPTABLE_LEVEL)]
        await client.close()


async def test_a_client_without_an_id() -> None:
    async with endpoint() as door:
        client = await RawClient.open(door.port)
        assert (await client.sign_in(client="")).code == ConnectCode.ACCEPTED
        other = await RawClient.open(door.port)
        assert (await other.sign_in(client="", clean_session=False)).code == ConnectCode.IDENTIFIER_REJECTED
        assert await other.ends() == []
        assert await client.is_quiet()
        await client.close()
        await other.close()


HOSTILE: dict[str, Packet] = {
    "second CONNECT": Connect("c1", user="bridge", password=b"bridge-password"),
    "CONNACK": Connack(ConnectCode.ACCEPTED),
    "SUBACK": Suback(1, (0,)),
    "PINGRESP": Pingresp(),
    "QoS 2": Publish(SIGNAL, b"x", 2, 1),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_a_client_may_not_say_ends_its_connection_alone(name: str, quarantined: QuarantineStub) -> None:
    async with endpoint(quarantined=quarantined) as door:
        Serving(door.link("lock", "bridge"), nothing)
        good, bad = await RawClient.open(door.port), await RawClient.open(door.port)
        await good.sign_in()
        await bad.sign_in(client="c2")
        bad.send(HOSTILE[name])
        assert await bad.ends() == []
        good.send(signal(1))
        assert await good.receive() == Puback(1)
        assert door.counters.malformed == 1
        await until(lambda: quarantined.kept)
        assert quarantined.kept[0][0] == "bridge"
        await good.close()
        await bad.close()


async def test_a_packet_id_in_use(committer: Committer) -> None:
    """Sent again within the connection it has one acknowledgement; another message may not take it."""
    committer.gate.clear()
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, b"a"), signal(1, b"a", dup=True))
        await until(lambda: door.counters.messages == 1)
        committer.gate.set()
        assert await client.receive() == Puback(1)
        assert await client.is_quiet()
        committer.gate.clear()
        client.send(signal(1, b"b"), signal(1, b"c"))
        assert await client.ends() == []
        await client.close()
        committer.gate.set()


@pytest.mark.parametrize(
    "data",
    [b"\x00", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\x10\xff\xff\xff\x7f", b"\xc0\x00", b"\x30\x00"],
)
async def test_garbage_before_sign_in_is_closed_and_counted_and_fills_no_disk(
    data: bytes, quarantined: QuarantineStub
) -> None:
    async with endpoint(quarantined=quarantined) as door:
        client = await RawClient.open(door.port)
        client.writer.write(data)
        assert await client.ends() == []
        assert door.counters.malformed == 1
        assert quarantined.kept == []
        await client.close()


async def test_qos_0_is_heard_and_not_answered(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        committer.broken = True
        client.send(Publish(SIGNAL, b"lost"))
        await until(lambda: door.counters.unkept == 1)
        committer.broken = False
        client.send(Publish(SIGNAL, b"kept"), signal(1))
        assert await client.receive() == Puback(1)
        assert [message.packet_id for message in committer.messages] == [None, 1]
        await client.close()


async def test_a_message_and_goodbye_in_one_breath(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(Publish(SIGNAL, b"last"), Disconnect())
        await client.ends()
        await until(lambda: committer.kept() == [b"last"])
        await client.close()


async def test_it_goes_down_with_everything_and_comes_up_on_the_same_port(committer: Committer) -> None:
    async with endpoint() as door:
        settings = dataclasses.replace(door._settings, port=door.port)
        client = await RawClient.open(door.port)
        await client.sign_in(will=Will("anju/v1/lock/status", b"offline"))
    assert await client.ends() == []
    async with MqttEndpoint(settings, {"bridge": "bridge-password"}, QuarantineStub()) as again:
        other = await RawClient.open(again.port)
        assert (await other.sign_in()).code == ConnectCode.ACCEPTED
        await other.close()
    await client.close()


async def test_the_committer_closes_its_database_after_the_commit_that_runs(tmp_path: Path) -> None:
    """A cancelled `run` leaves the commit in its thread; closing under it was a segmentation fault."""
    for n in range(20):
        committer = Committer(tmp_path / f"{n}.db")
        committing = asyncio.create_task(
            asyncio.to_thread(committer._commit, [MqttMessage("t", bytes(50), "c")] * 5000)
        )
        await asyncio.sleep(0.001 * (n % 5))
        await asyncio.to_thread(committer.close)
        assert await committing in {True, False}
