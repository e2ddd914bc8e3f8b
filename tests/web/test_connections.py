"""Connections that ask for nothing, or never to the end: real bytes on real sockets."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from gateway.links import accept
from gateway.web import connections
from tests.web.conftest import world

SLOW_BODY = (
    b"POST /api/v1/session HTTP/1.1\r\nHost: anju\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
)
BEGUN = b"GET /healthz HTTP/1.1\r\nHost: anju\r\n"


@asynccontextmanager
async def connection(url, begun=b"", **more):
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port, **more)
    try:
        writer.write(begun)
        yield reader, writer
    finally:
        writer.close()


async def ended(reader):
    """All it is sent; a reset is an end too."""
    got = b""
    with suppress(ConnectionResetError):
        async with asyncio.timeout(5):
            while piece := await reader.read(65536):
                got += piece
    return got


async def answered(url, begun=BEGUN):
    async with connection(url, begun + b"Connection: close\r\n\r\n") as (reader, _):
        return await ended(reader)


@pytest.fixture
async def impatient(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "IDLE_TIMEOUT_S", 0.3)
    async with world(tmp_path / "data") as made:
        yield made


@pytest.mark.parametrize("begun", [b"", b"G", BEGUN], ids=["nothing", "one letter", "no end of its head"])
async def test_a_request_that_never_ends_its_head_is_hung_up_on(impatient, begun):
    async with connection(impatient.url, begun) as (reader, _):
        assert await ended(reader) == b""


async def test_what_trickles_in_does_not_put_it_off(impatient):
    async with connection(impatient.url, BEGUN) as (reader, writer):
        end = asyncio.ensure_future(ended(reader))
        while not end.done():
            writer.write(b"X")
            await asyncio.wait([end], timeout=0.02)
        assert await end == b""


async def test_a_second_request_that_never_ends_its_head_is_hung_up_on(impatient):
    async with connection(impatient.url, BEGUN + b"\r\n" + BEGUN) as (reader, _):
        assert (await ended(reader)).startswith(b"HTTP/1.1 200")


async def test_who_listens_is_not_hung_up_on(impatient):
    """A WebSocket may be quiet for longer than a head may take; another connection's end tells that it was."""
    async with aiohttp.ClientSession(impatient.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.post("/api/v1/session", json={"user": "guard", "password": "guard"}) as signed_in:
            assert signed_in.status == 200
        async with client.ws_connect("/api/v1/live") as live:
            assert (await live.receive_json())["type"] == "snapshot"
            for _ in range(2):
                async with connection(impatient.url, BEGUN) as (reader, _):
                    await ended(reader)
            alert = await impatient.alert()
            async with asyncio.timeout(5):
                while alert.id not in await live.receive_str():
                    pass


async def test_a_body_that_comes_slowly_is_waited_for(impatient):
    head = b"POST /api/v1/session HTTP/1.1\r\nHost: anju\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    async with connection(impatient.url, head + b"{") as (reader, writer):
        for _ in range(2):
            async with connection(impatient.url, BEGUN) as (other, _):
                await ended(other)
        writer.write(b"}")
        assert b"400 Bad Request" in await asyncio.wait_for(reader.readline(), 5)


async def test_strangers_give_way_to_newcomers_and_not_to_their_neighbours(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "MAX_UNUSED", 3)
    async with (
        world(tmp_path / "data") as anju,
        connection(anju.url, local_addr=("127.0.0.2", 0)) as (neighbour, _),
        connection(anju.url) as (first, _),
        connection(anju.url, BEGUN) as (second, writer),
    ):
        assert b"200" in await answered(anju.url)
        assert await ended(first) == b"", "the oldest of the address that has most"
        writer.write(b"\r\n")
        assert b"200" in await second.readline()
        assert not neighbour.at_eof()


async def test_who_has_asked_is_no_stranger(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "MAX_UNUSED", 1)
    async with world(tmp_path / "data") as anju, connection(anju.url, BEGUN + b"\r\n") as (reader, writer):
        assert b"200" in await reader.readline()
        for _ in range(3):
            assert b"200" in await answered(anju.url)
        writer.write(BEGUN + b"Connection: close\r\n\r\n")
        assert (await ended(reader)).count(b"HTTP/1.1 200") == 1


async def idle(stack, url, count, **more):
    """Connections that asked once and are kept open for nothing."""
    opened = []
    for _ in range(count):
        reader, writer = await stack.enter_async_context(connection(url, BEGUN + b"\r\n", **more))
        assert b"200" in await reader.readuntil(b"\r\n\r\n")
        opened.append((reader, writer))
    return opened


async def test_idle_connections_of_one_address_give_way_to_each_other(tmp_path):
    async with world(tmp_path / "data", connections=8) as anju, AsyncExitStack() as stack:
        opened = await idle(stack, anju.url, 5)
        assert (await ended(opened[0][0])).endswith(b"}"), "the one idle for longest; four of eight are for one address"
        [(other, writer)] = await idle(stack, anju.url, 1, local_addr=("127.0.0.2", 0))
        writer.write(BEGUN + b"Connection: close\r\n\r\n")
        assert b"HTTP/1.1 200" in await ended(other)
        assert sum(anju.services.refusals.counts().values()) == 1


async def test_who_is_being_answered_does_not_give_way(tmp_path):
    """A WebSocket is never closed for a newcomer, who is refused and counted instead."""
    async with world(tmp_path / "data", connections=4) as anju, AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            aiohttp.ClientSession(anju.url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        )
        async with client.post("/api/v1/session", json={"user": "guard", "password": "guard"}) as signed_in:
            assert signed_in.status == 200
        live = await stack.enter_async_context(client.ws_connect("/api/v1/live"))
        slow, _ = await stack.enter_async_context(connection(anju.url, SLOW_BODY))
        async with asyncio.timeout(5):
            while await answered(anju.url):  # until the slow one's head has been read
                await asyncio.sleep(0.05)
        assert [refusal.grave for refusal in anju.services.refusals.counts()][-1]
        assert not live.closed
        assert not slow.at_eof()


async def test_an_answer_that_is_never_read_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(accept, "UNREAD_S", 0.5)
    (tmp_path / "console" / "assets").mkdir(parents=True)
    (tmp_path / "console" / "assets" / "film.js").write_bytes(b"x" * 30_000_000)
    ask = b"GET /assets/film.js HTTP/1.1\r\nHost: anju\r\n\r\n"
    async with world(tmp_path / "data", console=tmp_path / "console") as anju:
        with socket.create_connection((urlsplit(anju.url).hostname, urlsplit(anju.url).port)) as deaf:
            deaf.sendall(ask)
            assert b"200" in await asyncio.to_thread(deaf.recv, 100)
            assert "film.js" in _open_files()
            async with asyncio.timeout(30):
                while "film.js" in _open_files():
                    await asyncio.sleep(0.05)
        assert b"200" in await answered(anju.url)


def _open_files():
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(each.readlink().name)
    return found
