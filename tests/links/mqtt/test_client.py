"""The second door: paho in the loop, against a real Mosquitto that restarts and gets killed."""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.errors import LinkLost
from gateway.links.mqtt import client as module
from gateway.links.mqtt.broker_settings import BrokerSettings
from gateway.links.mqtt.client import BrokerClient
from gateway.links.mqtt.link import OnMessage, RoutedLink
from gateway.model import Words
from tests.links.mqtt import certificate
from tests.links.mqtt.support import SIGNAL, Committer, QuarantineStub, until
from tests.support.broker import Mosquitto

pytestmark = pytest.mark.needs("mosquitto", "mosquitto")
TOPICS = ["anju/v1/lock/signal", "anju/v1/lock/result", "anju/v1/lock/status"]


class Device:
    """A device at the broker: paho with its own thread."""

    def __init__(self, port: int) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="device", clean_session=False)
        self.client.max_inflight_messages_set(100)
        self.heard: list[tuple[str, bytes | bytearray]] = []
        self.client.on_message = lambda _client, _data, message: self.heard.append((message.topic, message.payload))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    async def publish(self, *payloads: bytes, topic: str = SIGNAL, **more: Any) -> None:
        """Until the broker has acknowledged them all."""
        await until(self.client.is_connected, 20)
        sent = [self.client.publish(topic, payload, qos=1, **more) for payload in payloads]
        await until(lambda: all(one.is_published() for one in sent), 30)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def device(broker: Mosquitto) -> Iterator[Device]:
    made = Device(broker.port)
    yield made
    made.close()


@asynccontextmanager
async def connected(
    port: int, quarantined: QuarantineStub | None = None, **settings: Any
) -> AsyncIterator[BrokerClient]:
    client = BrokerClient(
        BrokerSettings("127.0.0.1", port, **{"response_timeout": 3.0, **settings}), quarantined or QuarantineStub()
    )
    task = asyncio.create_task(client.run())
    yield client
    task.cancel()
    await asyncio.wait([task])


async def supervised(link: RoutedLink, handle: OnMessage, topics: list[str] = TOPICS) -> None:
    """As the supervisor does it: serve again after the line was lost."""
    while True:
        try:
            await link.serve(topics, handle)
        except LinkLost:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def served(link: RoutedLink, handle: OnMessage) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(supervised(link, handle))
    yield task
    task.cancel()
    await asyncio.wait([task])


def is_subscribed(broker: Mosquitto, times: int = 1) -> Callable[[], bool]:
    return lambda: broker.log.read_text().count("Sending SUBACK to anju") >= times


@pytest.fixture
def broker(make_broker: Callable[..., Mosquitto]) -> Mosquitto:
    return make_broker(extra="log_type all\n")


async def test_messages_are_acknowledged_once_committed(
    broker: Mosquitto, device: Device, committer: Committer
) -> None:
    async with connected(broker.port) as client, served(client.link("lock"), committer):
        await until(is_subscribed(broker))
        committer.gate.clear()
        await device.publish(*(b"%d" % number for number in range(100)))
        await until(lambda: client.counters.messages == 100)
        assert client.counters.acknowledged == 0
        committer.gate.set()
        await until(lambda: client.counters.acknowledged == 100)
        assert committer.kept() == [b"%d" % number for number in range(100)]
        assert committer.messages[0].client == "anju"


async def test_what_is_not_recorded_comes_again(broker: Mosquitto, device: Device, committer: Committer) -> None:
    async with connected(broker.port) as client, served(client.link("lock"), committer):
        await until(is_subscribed(broker))
        committer.broken = True
        await device.publish(b"panic")
        await until(lambda: client.counters.unkept > 0)
        committer.broken = False
        await until(lambda: committer.messages, 20)
        assert [(message.payload, message.redelivered) for message in committer.messages] == [(b"panic", True)]
        assert committer.kept() == [b"panic"]


async def test_nothing_is_lost_while_the_gateway_is_away(
    broker: Mosquitto, device: Device, committer: Committer
) -> None:
    async with connected(broker.port) as client, served(client.link("lock"), committer):
        await until(is_subscribed(broker))
    await device.publish(*(b"%d" % number for number in range(300)))
    async with connected(broker.port) as client, served(client.link("lock"), committer):
        await until(lambda: len(committer.kept()) == 300, 20)
    assert committer.kept() == [b"%d" % number for number in range(300)]


@pytest.mark.parametrize("end", [Mosquitto.stop, Mosquitto.kill])
async def test_the_broker_goes_and_comes_back(
    end: Callable[[Mosquitto], None], broker: Mosquitto, device: Device, committer: Committer
) -> None:
    async with connected(broker.port) as client:
        link = client.link("lock")
        serving = asyncio.create_task(link.serve(TOPICS, committer))
        await until(is_subscribed(broker))
        await device.publish(b"before")
        await until(lambda: committer.kept() == [b"before"])
        await asyncio.to_thread(end, broker)
        with pytest.raises(LinkLost, match="connection lost"):
            await serving
        with pytest.raises(LinkLost):
            await link.publish("anju/v1/lock/command", b"x")
        await asyncio.to_thread(broker.start)
        async with served(link, committer):
            await until(is_subscribed(broker, 2), 20)
            await device.publish(b"after")
            await until(lambda: committer.kept()[-1] == b"after", 20)


async def test_a_broker_that_is_not_there(free_port: int, committer: Committer) -> None:
    async with connected(free_port, response_timeout=0.3) as client:
        with pytest.raises(LinkLost, match="can't be reached"):
            await client.link("lock").serve(TOPICS, committer)


async def test_the_broker_refuses_us(make_broker: Callable[..., Mosquitto], committer: Committer) -> None:
    broker = make_broker(accounts={"anju": "right"})
    async with connected(broker.port, user="anju", password="wrong", response_timeout=1.0) as client:
        with pytest.raises(LinkLost, match="refused us"):
            await client.link("lock").serve(TOPICS, committer)
    async with connected(broker.port, user="anju", password="right") as client, served(client.link("lock"), committer):
        await until(lambda: client.counters.connections == 1)


async def test_the_broker_refuses_a_subscription(
    make_broker: Callable[..., Mosquitto], tmp_path: Path, committer: Committer
) -> None:
    access = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
    rights = tmp_path / "rights.json"
    rights.write_text(json.dumps({"defaultACLAccess": access, "clients": [], "groups": [], "roles": []}))
    rights.chmod(0o600)
    (plugin,) = Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")
    broker = make_broker(extra=f"plugin {plugin}\nplugin_opt_config_file {rights}\n")
    async with connected(broker.port) as client:
        with pytest.raises(LinkLost, match="refused a subscription: Not authorized"):
            await client.link("lock").serve(TOPICS, committer)


async def test_more_than_we_hold_is_not_read(broker: Mosquitto, device: Device, committer: Committer) -> None:
    async with connected(broker.port, in_flight=10) as client, served(client.link("lock"), committer):
        await until(is_subscribed(broker))
        committer.gate.clear()
        await device.publish(*(b"%d" % number for number in range(2000)))
        await asyncio.sleep(0.3)
        assert client.counters.messages <= 20
        committer.gate.set()
        await until(lambda: client.counters.acknowledged == 2000, 30)
        assert committer.kept() == [b"%d" % number for number in range(2000)]


async def test_commands_go_out_and_late_ones_do_not(broker: Mosquitto, device: Device, committer: Committer) -> None:
    async with connected(broker.port) as client:
        link = client.link("lock")
        async with served(link, committer):
            await until(is_subscribed(broker))
            device.client.subscribe("anju/v1/lock/command", 1)
            await until(lambda: "device 1 anju/v1/lock/command" in broker.log.read_text())
            await link.publish("anju/v1/lock/command", b"now", life=10)
            await until(lambda: device.heard == [("anju/v1/lock/command", b"now")])
            await asyncio.to_thread(device.close)
            await until(lambda: "Client device disconnected" in broker.log.read_text())
            await link.publish("anju/v1/lock/command", b"too late", life=1)
            await link.publish("anju/v1/lock/command", b"in time", life=60)
            await asyncio.sleep(2.1)
            back = await asyncio.to_thread(Device, broker.port)
            await until(lambda: back.heard)
            await asyncio.sleep(0.1)
            assert back.heard == [("anju/v1/lock/command", b"in time")]
            await asyncio.to_thread(back.close)


async def test_retained_messages_are_told_apart(broker: Mosquitto, device: Device, committer: Committer) -> None:
    await device.publish(b"online", topic="anju/v1/lock/status", retain=True)
    async with connected(broker.port) as client, served(client.link("lock"), committer):
        await until(lambda: len(committer.messages) == 1)
        await device.publish(b"offline", topic="anju/v1/lock/status", retain=True)
        await until(lambda: len(committer.messages) == 2)
        assert [message.retained for message in committer.messages] == [True, False]


async def test_a_broker_that_is_back_says_so_and_its_memory_is_no_sign_of_life(
    broker: Mosquitto, device: Device, committer: Committer
) -> None:
    await device.publish(b"online", topic="anju/v1/lock/status", retain=True)
    said: list[str] = []
    async with connected(broker.port) as client:
        link = client.link("lock")
        link.on_heard, link.on_returned = lambda: said.append("heard"), lambda: said.append("returned")
        async with served(link, committer):
            await until(lambda: len(committer.messages) == 1)
            await asyncio.to_thread(broker.stop)
            await until(lambda: client.counters.connections == 0)
            await asyncio.to_thread(broker.start)
            await until(lambda: len(said) == 2, 20)
            assert said == ["returned", "returned"]
            await device.publish(b"{}")
            await until(lambda: said[-1] == "heard")


async def test_a_device_without_a_driver_does_not_hold_up_the_others(
    broker: Mosquitto, device: Device, committer: Committer, quarantined: QuarantineStub
) -> None:
    async with connected(broker.port, quarantined, driver_timeout=0.5) as client:
        lock, bell = client.link("lock"), client.link("bell")
        first = asyncio.create_task(bell.serve(["anju/v1/bell/signal"], committer))
        async with served(lock, committer):
            await until(is_subscribed(broker, 2))
            first.cancel()
            await asyncio.wait([first])
            await device.publish(b"bell", topic="anju/v1/bell/signal")
            await device.publish(b"lock")
            await until(lambda: client.counters.acknowledged == 2)
            assert committer.kept() == [b"lock"]
            assert [(who, data) for who, _, data in quarantined.kept] == [("bell", b"bell")]


async def test_a_device_that_is_no_more_is_unsubscribed(
    broker: Mosquitto, device: Device, committer: Committer, quarantined: QuarantineStub
) -> None:
    async with connected(broker.port) as client, served(client.link("lock"), committer):
        await until(is_subscribed(broker))
    await device.publish(b"left over")
    async with connected(broker.port, quarantined) as client:
        serving = asyncio.create_task(client.link("bell").serve(["anju/v1/bell/signal"], committer))
        await until(lambda: quarantined.kept and client.counters.acknowledged == 1)
        await until(lambda: "Received UNSUBSCRIBE from anju" in broker.log.read_text())
        serving.cancel()


async def test_tls(make_broker: Callable[..., Mosquitto], tmp_path: Path, committer: Committer) -> None:
    cert, key = certificate.make(tmp_path)
    port = make_broker(extra=f"certfile {cert}\nkeyfile {key}\n").port
    trust = ssl.create_default_context(cafile=cert)
    async with connected(port, tls=trust) as client, served(client.link("lock"), committer):
        echo = client.link("bell")
        async with served(echo, committer):
            await until(lambda: client.counters.connections == 1)
            await asyncio.sleep(0.3)
            sent = [b"%d" % number + b"x" * 200 for number in range(500)]
            for payload in sent:
                await echo.publish(SIGNAL, payload)
            await until(lambda: client.counters.acknowledged == 500, 20)
            assert committer.kept() == sent


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaks the socket it refuses
async def test_tls_of_a_stranger(make_broker: Callable[..., Mosquitto], tmp_path: Path, committer: Committer) -> None:
    cert, key = certificate.make(tmp_path)
    port = make_broker(extra=f"certfile {cert}\nkeyfile {key}\n").port
    async with connected(port, tls=ssl.create_default_context(), response_timeout=0.5) as client:
        with pytest.raises(LinkLost, match="certificate"):
            await client.link("lock").serve(TOPICS, committer)
    await asyncio.get_running_loop().shutdown_default_executor()  # the next try may be under way in its thread
    gc.collect()


async def test_leaving_while_it_connects(committer: Committer) -> None:
    """Somebody accepts and says nothing: the wait is bounded, and leaving leaves no socket behind."""
    opened: list[asyncio.StreamWriter] = []
    ended = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        await reader.read()
        ended.set()
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connected(port, response_timeout=0.3) as client:
            with pytest.raises(LinkLost):
                await client.link("lock").serve(TOPICS, committer)
            await until(lambda: "no answer within" in str(client._trouble))
        async with connected(port):
            count = len(opened)
            await until(lambda: len(opened) > count)
            ended.clear()
        await asyncio.wait_for(ended.wait(), 5)


async def nothing(_message: Any) -> None:
    """Takes it."""


async def test_a_second_gateway_with_our_client_id_is_told_as_what_it_is(broker: Mosquitto) -> None:
    """Mosquitto 2.0.11 gives no reason when it gives a session away; 2.0.15 does."""
    lost: list[str] = []

    async def serve(link: RoutedLink) -> None:
        while True:
            try:
                await link.serve(TOPICS, nothing)
            except LinkLost as error:
                lost.append(str(error))
                await asyncio.sleep(0.1)

    async with connected(broker.port, client_id="anju") as client:
        task = asyncio.create_task(serve(client.link("lock")))
        await until(lambda: client.counters.sessions == 1)
        async with connected(broker.port, client_id="anju"):
            await until(lambda: any("another client uses our client id 'anju'" in why for why in lost), 30)
        task.cancel()
        await asyncio.wait([task])


async def test_a_session_that_is_taken_over_is_told_at_once_and_not_taken_back_at_once() -> None:
    came = 0

    async def give_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        await reader.read(1000)
        writer.write(bytes.fromhex("2003000000"))
        await asyncio.sleep(0.05)
        writer.write(bytes.fromhex("e0028e00"))
        writer.close()

    async with await asyncio.start_server(give_away, "127.0.0.1", 0) as server:
        async with connected(server.sockets[0].getsockname()[1], client_id="anju") as client:
            await until(lambda: "another client uses our client id 'anju'" in str(client._trouble))
            assert "client_id anju" in Words.of(client._trouble).zh
            await asyncio.sleep(1.5)
            assert came == 1
        await asyncio.sleep(0.05)


async def test_a_broker_that_cuts_off_whoever_it_took_is_suspected_of_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAKEOVER_DELAY_S", 0.01)
    monkeypatch.setattr(module, "FIRST_DELAY_S", 0.01)

    async def take_and_cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(bytes.fromhex("2003000000"))
        await asyncio.sleep(0.02)
        writer.close()

    async with await asyncio.start_server(take_and_cut, "127.0.0.1", 0) as server:
        async with connected(server.sockets[0].getsockname()[1], client_id="anju") as client:
            await until(lambda: "perhaps another client uses our client id 'anju'" in str(client._trouble))
        await asyncio.sleep(0.05)


async def test_a_refused_password_is_told_as_that(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "closed", {"anju": "right"})
    await asyncio.to_thread(broker.start)
    try:
        async with connected(broker.port, user="anju", password="wrong") as client:
            await until(lambda: "check `user` and `password`" in str(client._trouble))
            assert "用户名或密码" in Words.of(client._trouble).zh
    finally:
        await asyncio.to_thread(broker.stop)
