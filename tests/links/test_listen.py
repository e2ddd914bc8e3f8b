"""The door that devices come to, with real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from pydantic import ValidationError

from gateway.errors import LinkLost
from gateway.links import accept
from gateway.links.listen import Datagram, ListenLink, ListenPort, ListenSettings, RemotePeer
from gateway.links.listen_settings import bind_socket
from gateway.tasks import most_relevant_error

HOST = "127.0.0.1"


def settings(**more: object) -> ListenSettings:
    return ListenSettings.model_validate({"listen": f"{HOST}:0", **more})


async def echo(caller: RemotePeer) -> None:
    while data := await caller.read():
        await caller.write(data)


async def echo_datagram(datagram: Datagram) -> None:
    datagram.reply(datagram.data)


@asynccontextmanager
async def serving(given: ListenSettings, on_caller=echo, on_datagram=echo_datagram) -> AsyncIterator[ListenPort]:
    async with ListenLink(given).open() as door, asyncio.TaskGroup() as tasks:
        task = tasks.create_task(door.serve(on_caller, on_datagram))
        try:
            yield door
        finally:
            task.cancel()


async def ask(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(data)
    answer = await reader.read(100)
    writer.close()
    await writer.wait_closed()
    return answer


def ask_by_datagram(port: int, data: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(data, (HOST, port))
        return client.recv(100)


async def test_connections_and_datagrams_on_one_port() -> None:
    async with serving(settings()) as door:
        assert await ask(door.port, b"hello") == b"hello"
        assert await asyncio.to_thread(ask_by_datagram, door.port, b"hello") == b"hello"


async def test_one_transport_alone() -> None:
    async with serving(settings(transport=["udp"])) as door:
        assert await asyncio.to_thread(ask_by_datagram, door.port, b"hello") == b"hello"
        with pytest.raises(ConnectionRefusedError):
            await ask(door.port, b"hello")


async def test_a_port_that_is_taken_says_so() -> None:
    async with serving(settings(transport=["tcp"])) as door:
        with pytest.raises(LinkLost, match=rf"can't listen on tcp 127.0.0.1:{door.port}: .*is another program there"):
            async with ListenLink(settings(listen=f"{HOST}:{door.port}")).open():
                pass


async def test_the_port_is_free_again_afterwards() -> None:
    async with serving(settings()) as door:
        port = door.port
        assert await ask(port, b"hello") == b"hello"
    async with serving(settings(listen=f"{HOST}:{port}")):
        assert await ask(port, b"again") == b"again"


async def test_who_is_not_allowed_is_turned_away() -> None:
    async with serving(settings(allow=["10.0.0.0/8"])) as door:
        with pytest.raises((ConnectionError, AssertionError)):
            assert await ask(door.port, b"hello")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.to_thread(ask_by_datagram_briefly, door.port)
        assert door.not_allowed == 2
    async with serving(settings(allow=["127.0.0.1"])) as door:
        assert await ask(door.port, b"hello") == b"hello"


def ask_by_datagram_briefly(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.3)
        client.sendto(b"hello", (HOST, port))
        client.recv(100)


async def test_one_more_takes_the_place_of_the_longest_silent() -> None:
    async with serving(settings(connections=2)) as door:
        first = await asyncio.open_connection(HOST, door.port)
        second = await asyncio.open_connection(HOST, door.port)
        for reader, writer in (second, first):  # now the second is the one longest silent
            writer.write(b"alive")
            assert await reader.read(5) == b"alive"
        assert await ask(door.port, b"third") == b"third"
        assert await second[0].read() == b""
        first[1].write(b"still")
        assert await first[0].read(5) == b"still"
        for _, writer in (first, second):
            writer.close()


async def test_a_host_that_takes_all_connections_cuts_off_itself_alone() -> None:
    async with serving(settings(connections=3)) as door:
        panel = await asyncio.open_connection(HOST, door.port, local_addr=("127.0.0.2", 0))
        panel[1].write(b"alive")
        assert await panel[0].read(5) == b"alive"
        greedy = [await asyncio.open_connection(HOST, door.port) for _ in range(20)]
        assert await ask(door.port, b"still there") == b"still there"
        panel[1].write(b"and me")
        assert await panel[0].read(6) == b"and me"
        for _, writer in (panel, *greedy):
            writer.close()


async def test_who_comes_by_ipv4_to_an_address_of_ipv6_is_known_by_its_ipv4() -> None:
    async with serving(settings(listen="[::]:0", allow=["127.0.0.1"])) as door:
        assert await ask(door.port, b"hello") == b"hello"
        assert await asyncio.to_thread(ask_by_datagram, door.port, b"hello") == b"hello"


async def test_a_silent_connection_is_closed() -> None:
    async with serving(settings(idle="100ms")) as door:
        reader, writer = await asyncio.open_connection(HOST, door.port)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def pour(writer: asyncio.StreamWriter) -> int:
    """Write until it is held back; returns how much was written."""
    sent = 0
    with suppress(TimeoutError):
        while sent < 100_000_000:
            writer.write(bytes(100_000))
            sent += 100_000
            async with asyncio.timeout(0.3):
                await writer.drain()
    return sent


async def test_what_is_not_read_stays_with_its_sender() -> None:
    """A driver that waits for a commit holds its senders back; little is kept here."""
    release, read = asyncio.Event(), 0

    async def slow(caller: RemotePeer) -> None:
        nonlocal read
        read += len(await caller.read())
        await release.wait()
        while data := await caller.read():
            read += len(data)

    async with serving(settings(transport=["tcp"]), on_caller=slow) as door:
        _, writer = await asyncio.open_connection(HOST, door.port)
        writer.transport.set_write_buffer_limits(0)
        sent = await pour(writer)
        assert read <= 4096
        assert sent < 100_000_000
        release.set()
        writer.close()
        async with asyncio.timeout(10):
            while read < sent:
                await asyncio.sleep(0.01)


async def test_a_bounded_number_of_datagrams_is_under_way() -> None:
    under_way, most, release = 0, 0, asyncio.Event()

    async def slow(_datagram: Datagram) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await release.wait()
        under_way -= 1

    async with serving(settings(transport=["udp"]), on_datagram=slow) as door:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for _ in range(600):
                client.sendto(b"x", (HOST, door.port))
                await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert 0 < most <= 256
        release.set()


async def test_another_ones_error_is_not_mine() -> None:
    async def refuse(caller: RemotePeer) -> None:
        if await caller.read() == b"bad":
            raise LinkLost("that one")
        await caller.write(b"good")

    async with serving(settings(), on_caller=refuse) as door:
        assert await ask(door.port, b"bad") == b""
        assert await ask(door.port, b"ok") == b"good"


def test_mistakes_in_the_yaml() -> None:
    for given in ({"allow": ["hello"]}, {"transport": []}, {"transport": ["sctp"]}, {"listen": "nowhere"}):
        with pytest.raises(ValidationError):
            settings(**given)


def test_who_connects_to_a_port_that_is_only_tried_is_refused() -> None:
    """Somebody who waited for a gateway's port once took it for ready when it had merely looked whether it was free."""
    with bind_socket("tcp", HOST, 0) as tried, pytest.raises(ConnectionRefusedError):
        socket.create_connection(tried.getsockname(), timeout=5)


async def _in_a_group(error: Exception) -> None:
    async def child() -> None:
        raise error

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(child())


async def _given_up() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize(
    "end",
    [
        lambda: _in_a_group(LinkLost("gone")),
        lambda: _in_a_group(ConnectionResetError("reset")),
        lambda: _in_a_group(ValueError("a bug")),
        _given_up,
    ],
)
async def test_whatever_ends_one_connection_or_datagram_the_door_stays(end) -> None:
    async def on_caller(caller: RemotePeer) -> None:
        if await caller.read() == b"bad":
            await end()
        await caller.write(b"good")

    async def on_datagram(datagram: Datagram) -> None:
        if datagram.data == b"bad":
            await end()
        datagram.reply(b"good")

    async with serving(settings(), on_caller, on_datagram) as door:
        other, kept = await asyncio.open_connection(HOST, door.port)
        assert await ask(door.port, b"bad") == b""
        for _ in range(300):  # each must give back its place among those under way
            ask_one_way(door.port, b"bad")
            await asyncio.sleep(0)
        kept.write(b"ok")
        assert await other.read(100) == b"good", "who was connected before is so still"
        kept.close()
        await kept.wait_closed()
        assert await ask(door.port, b"ok") == b"good"
        assert await asyncio.to_thread(ask_by_datagram, door.port, b"ok") == b"good"


def ask_one_way(port: int, data: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(data, (HOST, port))


async def test_a_door_that_no_longer_accepts_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept._Acceptor, "run", lambda _acceptor: _given_up())
    async with ListenLink(settings()).open() as door:
        with pytest.raises(ExceptionGroup) as ended:
            await door.serve(echo, echo_datagram)
    assert "accepting connections" in str(most_relevant_error(ended.value))
