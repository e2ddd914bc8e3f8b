"""What the tests of MQTT share: a committer with a real disk, a raw client, an endpoint in one line."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gateway.errors import NotRecorded
from gateway.links.mqtt.codec import MqttDecoder, encode
from gateway.links.mqtt.endpoint import EndpointSettings, MqttEndpoint
from gateway.links.mqtt.limits import EndpointLimits
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.packets import Connack, Connect, Packet, Publish, Subscribe
from gateway.model import Text

ACCOUNTS = {"bridge": "bridge-password", "lone": "lone-password"}
SIGNAL = "anju/v1/lock/signal"


class Committer:
    """A handler that returns once the message is on disk: SQLite, WAL, synchronous FULL, group commit."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.execute("create table if not exists said (number integer primary key, topic text, payload blob)")
        self._in_use = threading.Lock()  # a cancelled `run` leaves its commit running in a thread
        self._closed = False
        self._queue: list[tuple[MqttMessage, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken = False
        self.messages: list[MqttMessage] = []

    async def __call__(self, message: MqttMessage) -> None:
        done = asyncio.get_running_loop().create_future()
        self._queue.append((message, done))
        self._wake.set()
        await done

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            await self.gate.wait()
            self._wake.clear()
            group, self._queue = self._queue, []
            recorded = await asyncio.to_thread(self._commit, [message for message, _ in group])
            for message, done in group:
                if not done.done():
                    self._answer(message, done, recorded)

    def _answer(self, message: MqttMessage, done: asyncio.Future[None], recorded: bool) -> None:
        if recorded:
            self.messages.append(message)
            done.set_result(None)
        else:
            done.set_exception(NotRecorded("the disk is full"))

    def _commit(self, messages: list[MqttMessage]) -> bool:
        with self._in_use:
            if self.broken or self._closed:
                return False
            self._db.execute("begin immediate")
            rows = [(message.topic, message.payload) for message in messages]
            self._db.executemany("insert into said (topic, payload) values (?, ?)", rows)
            self._db.execute("commit")
            return True

    def kept(self) -> list[bytes]:
        with self._in_use:
            return [row[0] for row in self._db.execute("select payload from said order by number")]

    def close(self) -> None:
        """Wait for the commit that runs in a thread: closing its connection under it crashes the interpreter."""
        with self._in_use:
            self._closed = True
            self._db.close()


class QuarantineStub:
    """A quarantine that remembers."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, bytes]] = []

    async def __call__(self, account: str, why: Text, data: bytes) -> None:
        self.kept.append((account, str(why), data))


class RawClient:
    """Bytes and packets over a socket, with nothing done for you."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._decoder = MqttDecoder()

    def speak(self, level: int) -> None:
        """Which version it speaks from now on; 3.1.1 until told otherwise."""
        self._decoder.level = level

    @classmethod
    async def open(cls, port: int, **more: Any) -> RawClient:
        return cls(*await asyncio.open_connection("127.0.0.1", port, **more))

    def send(self, *packets: Packet) -> None:
        self.writer.write(b"".join(encode(packet, self._decoder.level) for packet in packets))

    async def receive(self, seconds: float = 5) -> Packet:
        """The next packet; EOFError at the end of the connection."""
        async with asyncio.timeout(seconds):
            while (packet := self._decoder.take()) is None:
                data = await self.reader.read(65536)
                if not data:
                    raise EOFError
                self._decoder.feed(data)
        return packet

    def stop_reading(self) -> None:
        transport = self.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()

    async def is_quiet(self, seconds: float = 0.2) -> bool:
        try:
            await self.receive(seconds)
        except TimeoutError:
            return True
        return False

    async def ends(self, seconds: float = 5) -> list[Packet]:
        """What still came before the other side closed; TimeoutError if it does not."""
        packets: list[Packet] = []
        async with asyncio.timeout(seconds):
            with suppress(EOFError, ConnectionError):
                while True:
                    packets.append(await self.receive(seconds))
        return packets

    async def sign_in(self, user: str = "bridge", client: str = "c1", **more: Any) -> Connack:
        password = ACCOUNTS.get(user, "?").encode()
        self.send(Connect(client, user=user, password=password, level=self._decoder.level, **more))
        answer = await self.receive()
        assert isinstance(answer, Connack)
        return answer

    async def subscribe(self, *filters: str, qos: int = 1, packet_id: int = 1) -> Packet:
        self.send(Subscribe(packet_id, tuple((topic, qos) for topic in filters)))
        return await self.receive()

    async def close(self) -> None:
        self.writer.transport.abort()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def signal(packet_id: int, payload: bytes = b"{}", topic: str = SIGNAL, **more: Any) -> Publish:
    return Publish(topic, payload, 1, packet_id, **more)


@asynccontextmanager
async def endpoint(
    limits: EndpointLimits | None = None,
    accounts: Mapping[str, str] | None = None,
    quarantined: Callable[[str, str, bytes], Awaitable[None]] | None = None,
    **settings: Any,
) -> AsyncIterator[MqttEndpoint]:
    made = MqttEndpoint(
        EndpointSettings(port=0, tls_port=0, **settings), accounts or ACCOUNTS, quarantined or QuarantineStub(), limits
    )
    async with asyncio.timeout(60), made:
        yield made


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Wait for something the other side does in its own time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
