"""Who may sign in to the endpoint, what they may subscribe to, and where their messages go."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import timedelta

import structlog

from gateway.errors import AnjuError
from gateway.limits import ConnectionSlots, NoSlotFree, RateLimit, network
from gateway.links.accept import RefusalReporter
from gateway.links.mqtt.accounts import DeviceAccounts
from gateway.links.mqtt.delivery import Delivery
from gateway.links.mqtt.endpoint_link import EndpointLink
from gateway.links.mqtt.interfaces import Admission
from gateway.links.mqtt.limits import EndpointLimits, InFlightBudget, MqttCounters
from gateway.links.mqtt.negotiation import session_expiry
from gateway.links.mqtt.packets import LEVEL_3_1_1, Connect, ConnectCode, Subscribe, Will
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.router import Router
from gateway.links.mqtt.session import ClientLink, ClientSession, Sessions
from gateway.links.mqtt.takeovers import TakeoverTracker
from gateway.links.mqtt.unrouted import UnroutedMessages
from gateway.links.mqtt.wills import WillScheduler
from gateway.links.mqtt.wire import MalformedPacket
from gateway.model import Words

log = structlog.get_logger()
TOO_MANY = {
    "account": Words(
        "一个账号的连接太多，请检查设备是否反复重连，或提高 per_account",
        "too many connections of one account: look for a device that connects again and again, or raise per_account",
    ),
    "address": Words(
        "一个地址的连接太多，请检查该地址，或提高 per_address",
        "too many connections from one address: look at what is there, or raise per_address",
    ),
    "all": Words(
        "连接太多，请检查网络，或提高 connections", "too many connections: look for who has them, or raise connections"
    ),
}
LINES = 20
"""Of the log a minute and account about connections that ended: one that comes and goes must not fill it."""
FULL_FOR_S = 60.0
"""How long the endpoint counts as full after it turned one away for the lack of a seat."""


class MqttServer:
    """What connections come to. `tasks` is the open endpoint's, and none of them waits for a device."""

    def __init__(
        self,
        limits: EndpointLimits,
        counters: MqttCounters,
        accounts: DeviceAccounts,
        sessions: Sessions,
        router: Router,
        aside: UnroutedMessages,
        door: RefusalReporter,
    ) -> None:
        self.limits = limits
        self.counters = counters
        self.budget = InFlightBudget(limits.in_flight_in_all, limits.bytes_in_all)
        self.tasks: asyncio.TaskGroup
        self._accounts = accounts
        self._sessions = sessions
        self._router = router
        self._aside = aside
        self._wills = WillScheduler(self._begin)
        self._door = door

        def clock() -> float:
            return asyncio.get_running_loop().time()

        most = {"account": limits.per_account, "address": limits.per_address}
        self._slots = ConnectionSlots[ClientLink](
            limits.connections, lambda each: each.last_packet, quiet=limits.quiet, clock=clock, max_per_owner=most
        )
        self._strangers = ConnectionSlots[ClientLink](limits.strangers, lambda each: each.last_packet, clock=clock)
        self._takeovers = TakeoverTracker()
        self._connections: set[ClientLink] = set()
        self._full_at: float | None = None
        self._lines = RateLimit(LINES, timedelta(minutes=1))

    def show_out(self, accounts: set[str]) -> None:
        """Who is in by one of these goes."""
        for connection in list(self._connections):
            if connection.session is not None and connection.session.account in accounts:
                why = "its account was changed or removed"
                connection.end(why, is_fault=False, reason=Reason.NOT_AUTHORIZED)

    def close(self) -> None:
        for connection in list(self._connections):
            connection.end("the gateway stops", is_fault=False, reason=Reason.SHUTTING_DOWN)
        self._wills.close()

    # what connections ask (see interfaces.ServerInterface)

    @property
    def has_room(self) -> bool:
        """Whether whoever signs in finds a seat, or somebody who gives way."""
        return self._full_at is None or asyncio.get_running_loop().time() - self._full_at > FULL_FOR_S

    def arrived(self, connection: ClientLink) -> None:
        if left := self._strangers.take(connection, address=network(connection.address)):
            self._refused("no CONNECT yet, and others want to come in", left[0])
            left[0].end("no CONNECT yet, and others want to come in")
        self._connections.add(connection)
        self.counters.connections = len(self._connections)

    def sign_in(self, connection: ClientLink, packet: Connect) -> Admission:
        if not packet.client_id and not packet.clean_session and packet.level == LEVEL_3_1_1:
            return self._turn_away(connection, ConnectCode.IDENTIFIER_REJECTED)
        if not self._accounts.admits(packet.user, packet.password):
            self._refused("wrong password or unknown account", connection, account=self._known(packet.user))
            wait = self._accounts.wait_after_wrong(packet.user, connection.address)
            return Admission(ConnectCode.BAD_CREDENTIALS, wait=wait)
        assert packet.user is not None
        client = packet.client_id or f"auto-{secrets.token_hex(8)}"
        if not self._seat(connection, packet.user, client):
            return Admission(ConnectCode.SERVER_UNAVAILABLE)
        return self._go_on(connection, packet, packet.user, client)

    def _seat(self, connection: ClientLink, account: str, client: str) -> bool:
        """Whether there is a seat for it; what its client connected by before gives its own."""
        former, address = self._sessions.connected(account, client), network(connection.address)
        if former is not None:
            self._slots.release(former)
        try:
            left = self._slots.take(connection, account=account, address=address)
        except NoSlotFree as full:
            self._too_many(full.limit, connection, account)
            if full.limit == "all":
                self._full_at = asyncio.get_running_loop().time()
            if former is not None:
                self._slots.take(former, account=account, address=network(former.address))
            return False
        if left is not None:
            self._too_many(left[1], left[0], account)
            left[0].end(f"silent, and there are {TOO_MANY[left[1]]}", reason=Reason.QUOTA_EXCEEDED)
        return True

    def _go_on(self, connection: ClientLink, packet: Connect, account: str, client: str) -> Admission:
        now = asyncio.get_running_loop().time()
        session, former, present = self._sessions.open(
            account, client, clean=packet.clean_session, keep=session_expiry(packet), now=now
        )
        session.connection = connection
        self._strangers.release(connection)
        self._wills.forget(account, client)
        self.counters.sessions += 1
        if former is not None:
            why = "the client connected again [MQTT-3.1.4-2]"
            former.end(why, is_fault=False, reason=Reason.TAKEN_OVER)
            self._tell_of_fights(account, client, now)
        self.pinged(account)
        return Admission(ConnectCode.ACCEPTED, session, present)

    def subscribe(self, session: ClientSession, packet: Subscribe) -> tuple[int, ...]:
        return tuple(self._grant(session, name, qos, name in packet.as_published) for name, qos in packet.filters)

    def subscribed(self, connection: ClientLink, filters: Sequence[str]) -> None:
        assert connection.session is not None
        for link in self._router.links(connection.session.account):
            assert isinstance(link, EndpointLink)
            link.remind(connection, filters)

    def submit(self, delivery: Delivery) -> None:
        self._router.submit(delivery)

    def pinged(self, account: str) -> None:
        """It is the device that pings if the account has only one; of a bridge's devices it says nothing."""
        links = self._router.links(account)
        if len(links) == 1:
            links[0].alive()

    def unreadable(self, account: str | None, address: str, error: MalformedPacket) -> None:
        """Counted and logged; kept only if it came from someone with an account, or anyone could fill the disk."""
        self.counters.malformed += 1
        if account is None:
            self._door.refuse("no MQTT, or not as the specification has it", address=address, last_why=str(error.why))
        else:
            self.tasks.create_task(self._aside.keep(account, error.why, error.data))

    def left(self, connection: ClientLink, will: Will | None) -> None:
        self._connections.discard(connection)
        self._strangers.release(connection)
        self._slots.release(connection)
        self.counters.connections = len(self._connections)
        session = connection.session
        if session is None:
            return
        tell = log.info if self._lines.admits(session.account) else log.debug
        tell("mqtt connection ended", account=session.account, client=session.client, why=connection.ended)
        if session.connection is connection:
            self._sessions.close(session, asyncio.get_running_loop().time())
        if will is not None:
            self._wills.leave(session, will)

    # inside

    def _turn_away(self, connection: ClientLink, code: ConnectCode) -> Admission:
        self._refused(code.name.lower().replace("_", " "), connection)
        return Admission(code)

    def _refused(self, why: str, connection: ClientLink, account: str = "") -> None:
        self.counters.refused += 1
        self._door.refuse(why, address=connection.address, account=account)

    def _too_many(self, limit: str, connection: ClientLink, account: str) -> None:
        self.counters.refused += 1
        self._door.refuse(TOO_MANY[limit], grave=True, address=connection.address, account=account)

    def _known(self, user: str | None) -> str:
        """The account's name; what is none may be a password in the wrong place, and stays out of the log."""
        return user if user is not None and self._accounts.knows(user) else "(unknown)"

    def _grant(self, session: ClientSession, topic_filter: str, qos: int, as_published: bool) -> int:
        """QoS 1 at most; refused is what belongs to others, or too much."""
        if topic_filter.startswith("$share/"):
            return Reason.SHARED_NOT_SUPPORTED
        if not self._router.may_subscribe(session.account, topic_filter):
            return Reason.NOT_AUTHORIZED
        if not session.subscribe(topic_filter, qos, as_published=as_published):
            return Reason.QUOTA_EXCEEDED
        return min(qos, 1)

    def _tell_of_fights(self, account: str, client: str, now: float) -> None:
        """A device that lost power takes over from itself, now and then; two that share a name do all the time."""
        if self._takeovers.goes_on(account, client, now):
            why = Words(
                f"两台设备同时用账号 {account} 和 client id {client}，互相挤下线，报警会丢；请各设一个",
                f"two devices use account {account} and client id {client}, each cuts the other off and signals are"
                " lost: give each its own",
            )
            for link in self._router.links(account):
                link.refuse(why)

    def _begin(self, account: str, will: Will) -> None:
        self.tasks.create_task(self._last_will(account, will))

    async def _last_will(self, account: str, will: Will) -> None:
        """Nothing is published: that the device has gone is what a will is to us, whatever it says."""
        link = self._router.owner(account, will.topic)
        if link is None:
            why = Words(
                f"遗嘱的主题 {will.topic} 不属于这个账号的任何设备",
                f"last will on {will.topic}, no device's of this account",
            )
            await self._aside.keep(account, why, will.payload)
        elif link.on_silent is not None:
            try:
                await link.on_silent()
            except AnjuError as error:
                log.warning("mqtt last will not recorded", device=link.device, error=str(error))
