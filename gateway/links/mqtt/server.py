"""The endpoint's server: who may sign in, what they may subscribe to, and where their messages go."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import timedelta

import structlog

from gateway.errors import AnjuError
from gateway.limits import RateLimit
from gateway.links.accept import RefusalReporter
from gateway.links.mqtt.accounts import DeviceAccounts
from gateway.links.mqtt.connection_admission import ConnectionAdmission
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

log = structlog.get_logger(__name__)
LOG_LINES_PER_MINUTE = 20
"""For one account, about connections that ended: a device that comes and goes must not fill the log."""


class MqttServer:
    """Serves all connections of an endpoint. `tasks` is the open endpoint's; none of its tasks waits for a device."""

    def __init__(
        self,
        limits: EndpointLimits,
        counters: MqttCounters,
        accounts: DeviceAccounts,
        sessions: Sessions,
        router: Router,
        unrouted: UnroutedMessages,
        reporter: RefusalReporter,
    ) -> None:
        self.limits = limits
        self.counters = counters
        self.budget = InFlightBudget(limits.in_flight_in_all, limits.bytes_in_all)
        self.tasks: asyncio.TaskGroup
        self._accounts = accounts
        self._sessions = sessions
        self._router = router
        self._unrouted = unrouted
        self._wills = WillScheduler(self._will_due)
        self._reporter = reporter
        self._admission = ConnectionAdmission(limits, counters, reporter)
        self._takeovers = TakeoverTracker()
        self._connections: set[ClientLink] = set()
        self._log_limit = RateLimit(LOG_LINES_PER_MINUTE, timedelta(minutes=1))

    @property
    def has_free_slots(self) -> bool:
        """See ConnectionAdmission."""
        return self._admission.has_free_slots

    def disconnect_accounts(self, accounts: set[str]) -> None:
        """End the connections of these accounts: their passwords are no longer valid."""
        for connection in list(self._connections):
            if connection.session is not None and connection.session.account in accounts:
                why = "its account was changed or removed"
                connection.end(why, is_fault=False, reason=Reason.NOT_AUTHORIZED)

    def close(self) -> None:
        """End all connections; no last will is due."""
        for connection in list(self._connections):  # a copy, for ending one removes it from the set
            connection.end("the gateway stops", is_fault=False, reason=Reason.SHUTTING_DOWN)
        self._wills.close()

    # called by connections (see interfaces.ServerInterface)

    def connection_made(self, connection: ClientLink) -> None:
        """See ServerInterface."""
        self._admission.connection_made(connection)
        self._connections.add(connection)
        self.counters.connections = len(self._connections)

    def sign_in(self, connection: ClientLink, packet: Connect) -> Admission:
        """See ServerInterface."""
        if not packet.client_id and not packet.clean_session and packet.level == LEVEL_3_1_1:
            self._admission.refused(ConnectCode.IDENTIFIER_REJECTED.name.lower().replace("_", " "), connection)
            return Admission(ConnectCode.IDENTIFIER_REJECTED)  # [MQTT-3.1.3-8]
        if not self._accounts.is_valid(packet.user, packet.password):
            account = self._loggable(packet.user)
            self._admission.refused("wrong password or unknown account", connection, account=account)
            delay = self._accounts.delay_after_failure(packet.user, connection.address)
            return Admission(ConnectCode.BAD_CREDENTIALS, delay=delay)
        assert packet.user is not None
        client = packet.client_id or f"auto-{secrets.token_hex(8)}"
        if not self._admission.admit(connection, packet.user, self._sessions.connection_of(packet.user, client)):
            return Admission(ConnectCode.SERVER_UNAVAILABLE)
        return self._open_session(connection, packet, packet.user, client)

    def _open_session(self, connection: ClientLink, packet: Connect, account: str, client: str) -> Admission:
        now = asyncio.get_running_loop().time()
        session, former, present = self._sessions.open(
            account, client, clean=packet.clean_session, expiry_s=session_expiry(packet), now=now
        )
        session.connection = connection
        self._wills.cancel(account, client)
        self.counters.sessions += 1
        if former is not None:
            why = "the client connected again [MQTT-3.1.4-2]"
            former.end(why, is_fault=False, reason=Reason.TAKEN_OVER)
            self._report_conflict(account, client, now)
        self.pinged(account)  # to sign in is as good a sign of life as a ping
        return Admission(ConnectCode.ACCEPTED, session, present)

    def subscribe(self, session: ClientSession, packet: Subscribe) -> tuple[int, ...]:
        """See ServerInterface."""
        return tuple(
            self._grant(session, name, qos, name in packet.retain_as_published) for name, qos in packet.filters
        )

    def subscribed(self, connection: ClientLink, filters: Sequence[str]) -> None:
        """See ServerInterface."""
        assert connection.session is not None
        for link in self._router.links(connection.session.account):
            assert isinstance(link, EndpointLink)
            link.send_retained(connection, filters)

    def submit(self, delivery: Delivery) -> None:
        """See ServerInterface."""
        self._router.submit(delivery)

    def pinged(self, account: str) -> None:
        """See ServerInterface. A ping of a bridge's account says nothing about the devices behind the bridge."""
        links = self._router.links(account)
        if len(links) == 1:
            links[0].alive()

    def malformed(self, account: str | None, address: str, error: MalformedPacket) -> None:
        """See ServerInterface. Kept only if it came from someone with an account, or anyone could fill the disk."""
        self.counters.malformed += 1
        if account is None:
            self._reporter.refuse(
                "no MQTT, or not as the specification has it", address=address, last_why=str(error.why)
            )
        else:
            self.tasks.create_task(self._unrouted.keep(account, error.why, error.data))

    def connection_ended(self, connection: ClientLink, will: Will | None) -> None:
        """See ServerInterface."""
        self._connections.discard(connection)
        self._admission.release(connection)
        self.counters.connections = len(self._connections)
        session = connection.session
        if session is None:
            return
        write_log = log.info if self._log_limit.admits(session.account) else log.debug
        write_log("mqtt connection ended", account=session.account, client=session.client, why=connection.ended)
        if session.connection is connection:  # else another connection has taken the session over
            self._sessions.close(session, asyncio.get_running_loop().time())
        if will is not None:
            self._wills.schedule(session, will)

    # inside

    def _loggable(self, user: str | None) -> str:
        """The user's name if there is such an account. Any other may be a password in the wrong field: not logged."""
        return user if user is not None and self._accounts.exists(user) else "(unknown)"

    def _grant(self, session: ClientSession, topic_filter: str, qos: int, as_published: bool) -> int:
        """The QoS granted, 1 at most; or why not: it is another's topic, or there are too many."""
        # A shared subscription (5: 4.8.2). Our CONNACK says that there are none.
        if topic_filter.startswith("$share/"):
            return Reason.SHARED_NOT_SUPPORTED
        if not self._router.may_subscribe(session.account, topic_filter):
            return Reason.NOT_AUTHORIZED
        if not session.subscribe(topic_filter, qos, as_published=as_published):
            return Reason.QUOTA_EXCEEDED
        return min(qos, 1)

    def _report_conflict(self, account: str, client: str, now: float) -> None:
        """A device that lost power takes over from itself now and then; two that share a name do so all the time."""
        if self._takeovers.is_conflict(account, client, now):
            why = Words(
                f"两台设备同时用账号 {account} 和 client id {client}，互相挤下线，报警会丢；请各设一个",
                f"two devices use account {account} and client id {client}, each cuts the other off and signals are"
                " lost: give each its own",
            )
            for link in self._router.links(account):
                link.report_refused(why)

    def _will_due(self, account: str, will: Will) -> None:
        self.tasks.create_task(self._handle_will(account, will))

    async def _handle_will(self, account: str, will: Will) -> None:
        """A will is never published: it tells us that the device has gone, whatever its payload says."""
        link = self._router.owner(account, will.topic)
        if link is None:
            why = Words(
                f"遗嘱的主题 {will.topic} 不属于这个账号的任何设备",
                f"last will on {will.topic}, no device's of this account",
            )
            await self._unrouted.keep(account, why, will.payload)
        elif link.on_silent is not None:
            # A failure must not end the endpoint's TaskGroup, and with it every connection.
            try:
                await link.on_silent()
            except AnjuError as error:
                log.warning("mqtt last will not recorded", device=link.device, error=str(error))
