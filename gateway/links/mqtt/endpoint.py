"""The gateway's own MQTT endpoint: devices come to it, and an acknowledgement means committed.

Devices publish signals and hear their own commands; nothing is routed from one to another, and the
endpoint remembers nothing of what they publish. MQTT 3.1.1 and 5, QoS 0 and 1.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from gateway.errors import AnjuError
from gateway.links.mqtt.accounts import Accounts
from gateway.links.mqtt.aside import Aside, Quarantine
from gateway.links.mqtt.connection import Connection
from gateway.links.mqtt.delivery import Delivery, WaitingRoom
from gateway.links.mqtt.endpoint_link import EndpointLink
from gateway.links.mqtt.pacing import Budget, Counters, Limits
from gateway.links.mqtt.packets import LEVEL_3_1_1, SUBSCRIPTION_REFUSED, Connect, ConnectCode, Subscribe, Will
from gateway.links.mqtt.properties import Property
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.router import Router
from gateway.links.mqtt.session import Session, Sessions
from gateway.links.mqtt.terms import kept_for
from gateway.links.mqtt.wire import Malformed

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where to listen; port 0 takes a free one. The second listener exists if there is a `tls` context."""

    host: str = "127.0.0.1"
    port: int = 1883
    tls: ssl.SSLContext | None = None
    tls_host: str = "127.0.0.1"
    tls_port: int = 8883


class Endpoint:
    """Use it as an async context manager; links may be made before and after it is entered."""

    def __init__(
        self,
        settings: EndpointSettings,
        accounts: Mapping[str, str],
        quarantine: Quarantine,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.counters = Counters()
        self.budget = Budget(self.limits.in_flight_in_all, self.limits.bytes_in_all)
        self.port = settings.port
        self.tls_port = settings.tls_port
        self._settings = settings
        self._accounts = Accounts(accounts)
        self._aside = Aside(quarantine, self.counters)
        self._sessions = Sessions()
        self._router = Router(self._new_room, self._unclaimed)
        self._connections: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        settings = self._settings
        async with AsyncExitStack() as stack:
            self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.callback(self._close_connections)
            self.port = await self._listen(stack, settings.host, settings.port, None)
            if settings.tls is not None:
                self.tls_port = await self._listen(stack, settings.tls_host, settings.tls_port, settings.tls)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)

    def link(self, device: str, account: str) -> EndpointLink:
        """The link of one device of an account; its own topics of our format are claimed at once."""
        link = EndpointLink(device, account, self._router, self._new_room(), self._sessions)
        self._router.add(link)
        return link

    def unlink(self, device: str) -> None:
        """The device is no more, or is linked anew in this turn of the loop."""
        self._router.remove(device)

    def admit(self, accounts: Mapping[str, str]) -> None:
        """These may come in from now on; who is in by a password that no longer holds goes out."""
        gone = self._accounts.become(accounts)
        for connection in list(self._connections):
            if connection.session is not None and connection.session.account in gone:
                connection.end("its account was changed or removed", is_fault=False)

    # what connections ask (see connection.House)

    def arrived(self, connection: Connection) -> bool:
        if len(self._connections) >= self.limits.connections:
            self.counters.refused += 1
            return False
        if len(self._strangers) >= self.limits.strangers:
            self.counters.refused += 1
            next(iter(self._strangers)).end("no CONNECT yet, and others want to come in")
        self._connections.add(connection)
        self._strangers[connection] = None
        self.counters.connections = len(self._connections)
        return True

    def sign_in(self, connection: Connection, packet: Connect) -> tuple[ConnectCode, Session | None, bool]:
        now = asyncio.get_running_loop().time()
        if not packet.client_id and not packet.clean_session and packet.level == LEVEL_3_1_1:
            return self._turn_away(connection, ConnectCode.IDENTIFIER_REJECTED)
        if not self._accounts.admits(packet.user, packet.password, connection.address, now):
            return self._turn_away(connection, ConnectCode.BAD_CREDENTIALS)
        assert packet.user is not None
        client = packet.client_id or f"auto-{secrets.token_hex(8)}"
        session, former, present = self._sessions.open(
            packet.user, client, clean=packet.clean_session, keep=kept_for(packet), now=now
        )
        session.connection = connection
        self._strangers.pop(connection, None)
        self.counters.sessions += 1
        if former is not None:
            why = "the client connected again [MQTT-3.1.4-2]"
            former.end(why, is_fault=False, reason=Reason.TAKEN_OVER)
        self.pinged(packet.user)
        return ConnectCode.ACCEPTED, session, present

    def subscribe(self, session: Session, packet: Subscribe) -> tuple[int, ...]:
        return tuple(self._grant(session, topic_filter, qos) for topic_filter, qos in packet.filters)

    def subscribed(self, connection: Connection, filters: Sequence[str]) -> None:
        assert connection.session is not None
        for link in self._router.links(connection.session.account):
            assert isinstance(link, EndpointLink)
            link.remind(connection, filters)

    def submit(self, delivery: Delivery) -> None:
        self._router.submit(delivery)

    def pinged(self, account: str) -> None:
        """It is the device that pings if the account has only one; of a bridge's devices it says nothing."""
        links = self._router.links(account)
        if len(links) == 1 and links[0].on_heard is not None:
            links[0].on_heard()

    def unreadable(self, account: str | None, error: Malformed) -> None:
        """Counted; kept only if it came from someone with an account, or anyone could fill the disk."""
        self.counters.malformed += 1
        if account is not None:
            self._tasks.create_task(self._aside.keep(account, error.why, error.data))

    def left(self, connection: Connection, will: Will | None) -> None:
        self._connections.discard(connection)
        self._strangers.pop(connection, None)
        self.counters.connections = len(self._connections)
        session = connection.session
        if session is None:
            return
        log.info("mqtt connection ended", account=session.account, client=session.client, why=connection.ended)
        if session.connection is connection:
            self._sessions.close(session, asyncio.get_running_loop().time())
        if will is not None:
            self._tasks.create_task(self._last_will(session, will))

    # inside

    async def _listen(self, stack: AsyncExitStack, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        loop = asyncio.get_running_loop()
        patience = self.limits.connect_within if tls else None
        server = await loop.create_server(
            lambda: Connection(self), host, port, ssl=tls, ssl_handshake_timeout=patience, backlog=256
        )
        stack.callback(server.close)
        listening: socket.socket = server.sockets[0]
        return int(listening.getsockname()[1])

    def _close_connections(self) -> None:
        for connection in list(self._connections):
            connection.end("the gateway stops", is_fault=False, reason=Reason.SHUTTING_DOWN)

    def _new_room(self) -> WaitingRoom:
        return WaitingRoom(self.limits.patience, self._nobody_came)

    def _nobody_came(self, delivery: Delivery) -> None:
        why = f"no driver served topic {delivery.message.topic} within {self.limits.patience:g} s"
        delivery.settle(kept=False, why=why)

    def _turn_away(self, connection: Connection, code: ConnectCode) -> tuple[ConnectCode, None, bool]:
        self.counters.refused += 1
        log.info("mqtt client refused", address=connection.address, why=code.name)
        return code, None, False

    def _grant(self, session: Session, topic_filter: str, qos: int) -> int:
        """QoS 1 at most; refused is what belongs to others, or too much."""
        if self._router.may_subscribe(session.account, topic_filter) and session.subscribe(topic_filter, qos):
            return min(qos, 1)
        return SUBSCRIPTION_REFUSED

    def _unclaimed(self, delivery: Delivery) -> None:
        account, message = delivery.account, delivery.message
        why = f"client {message.client}: topic {message.topic} is no device's of account {account}"
        self._aside.put(self._tasks, delivery, account, why)

    async def _last_will(self, session: Session, will: Will) -> None:
        """Due at once, or when its delay or the session is over and the client has not come back (3.1.3.2.2)."""
        account, delay = session.account, min(will.properties.get(Property.WILL_DELAY, 0), session.keep)
        if delay:
            await asyncio.sleep(delay)
            if self._sessions.is_awake(session):
                return
        link = self._router.owner(account, will.topic)
        if link is None:
            await self._aside.keep(account, f"last will on {will.topic}, no device's of this account", will.payload)
        elif link.on_silent is not None:
            try:
                await link.on_silent()
            except AnjuError as error:
                log.warning("mqtt last will not recorded", device=link.device, error=str(error))
