"""The doors: a presented credential is decided about, put on record, and the door is opened.

    reader's signal ─ intake ─ listener: decide, change the state ─→ commit: row, signal, command as sent ─→ send

Deciding changes the state at once, before anything else can be decided, so that one code at two doors or one card
twice is seen however close together. The row of the record, `access.granted` or `access.denied`, and the command,
marked as sent, are one commit; then the command is sent. After a crash in between it is reported as not confirmed and
never sent: no door opens late. What the disk does not take is opened all the same, and written when it works again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from gateway.access import policy, rows
from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.fire import FireRelease
from gateway.access.loading import cut_off, load_state
from gateway.access.passage import Passage, opening
from gateway.access.readings import reading
from gateway.access.reasons import reason_of
from gateway.access.repeats import Repeats
from gateway.access.request import AccessRequest, PassCodes, PresentedCredential
from gateway.access.rules import AccessRules
from gateway.access.state import AccessState
from gateway.access.wrong_pins import WrongPins
from gateway.config.access import ReaderSection
from gateway.errors import NotRecorded
from gateway.flow import rows as flow_rows
from gateway.model import Action, Command, CredentialKind, Json, Register, Signal, Step
from gateway.people.credential_digest import credential_digest
from gateway.store import Store, audit
from gateway.store.vault import VaultError

log = structlog.get_logger(__name__)
Unit = Callable[[sqlite3.Connection], object]
MAX_UNWRITTEN = 10_000
"""Decisions held in memory while the disk takes nothing; beyond it the oldest are dropped."""
PATIENCE_S = 2.0
"""A disk that hangs must not keep a door shut: after this time it opens, and is on record once the disk answers."""
TOO_LATE = timedelta(seconds=10)
"""A door does not open so long after its credential, whatever held it up."""
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Links:
    """What the control needs of the gateway.

    `commit` puts a signal of the gateway on record with a unit of work. `send` has a command carried out that is
    marked as sent, `perform` has a device do something without a record. `rules` and `register` give the present ones.
    """

    store: Store
    now: Callable[[], datetime]
    register: Callable[[], Register]
    rules: Callable[[], AccessRules]
    commit: Callable[[Signal, Unit], Awaitable[int]]
    send: Callable[[Command], None]
    perform: Callable[[Command], Awaitable[Json | None]]
    codes: PassCodes | None = None


class AccessControl:
    """`present` for phones, guards and drivers; `heard` listens to the intake for readers that are in access.yaml."""

    def __init__(self, links: Links, state: AccessState | None = None) -> None:
        self.state = state or AccessState()
        self._links = links
        self._repeats = Repeats()
        self._wrong_pins = WrongPins()
        self._queue: asyncio.Queue[Passage] = asyncio.Queue()
        self._unwritten: deque[Passage] = deque(maxlen=MAX_UNWRITTEN)
        self.observers: list[Callable[[Passage], None]] = []
        """Told at once what was decided about a credential at a reader, before it is on record."""
        self.fire = FireRelease(self.state, links.rules, links.perform, self._release)

    @property
    def unwritten(self) -> int:
        """How many decisions wait for a disk that works."""
        return len(self._unwritten)

    @property
    def needs_reason(self) -> bool:
        """Whether looking at one person's ways needs a reason."""
        return self._links.rules().settings.log.reason

    async def present(
        self,
        credential: PresentedCredential,
        door: str,
        *,
        by: str = "",
        signal: Signal | None = None,
        reader: str = "",
    ) -> AccessDecision:
        """Decide, put it on record, and have the door opened; returns once the command is on its way.

        `by` is the person who opens, where it is not the holder: it goes into the audit. `signal` is what reported the
        credential; the same signal again opens nothing.
        """
        passage = self._passage(credential, door, reader, by, signal.id if signal is not None else None)
        passage = replace(passage, done=asyncio.get_running_loop().create_future())
        self._queue.put_nowait(passage)
        assert passage.done is not None
        await asyncio.shield(passage.done)
        return passage.decision

    def ordered(self, command: Command, door: str) -> Passage:
        """Decide about a person's command that opens a door. Whoever orders it puts the passage on record with it.

        A denial has no command: it is on record by this.
        """
        passage = self._passage(PresentedCredential(CredentialKind.REMOTE, command.by), door, "", command.by, None)
        if passage.decision.granted:
            return replace(passage, command=command)
        self._queue.put_nowait(passage)
        return passage

    def decide(
        self, credential: PresentedCredential, door: str, *, at: datetime | None = None, reader: str = ""
    ) -> AccessDecision:
        """Only decide; nothing is recorded and nothing opens."""
        return self._decide(self._request(credential, door, at or self._links.now(), reader))

    async def load(self) -> None:
        """Start from the record: who is inside, what burns, and which cards a crash has left undecided."""
        links, rules = self._links, self._links.rules()
        try:
            await load_state(links.store, rules, self.state, links.now(), list(links.register().passes))
            for signal in await cut_off(links.store, rules, links.now()):
                self._note_cut_off(signal)
        except NotRecorded as error:
            log.error("who is inside can't be read; doors start from nothing", why=str(error))

    def _note_cut_off(self, signal: Signal) -> None:
        credential = reading(signal)
        if credential is None:
            return
        door, reader = self._links.rules().readers[signal.device]
        request = AccessRequest(credential, door.device, signal.time, reader.device)
        decision = AccessDecision(AccessCode.CUT_OFF, reason_of(AccessCode.CUT_OFF))
        self._queue.put_nowait(Passage(request, decision, signal=signal.id))

    def heard(self, event: Signal | Action) -> None:
        """A signal or an action, on record or not. Returns at once."""
        self.fire.heard(event)
        if isinstance(event, Signal):
            self.state.door_moved(event)
        if isinstance(event, Signal) and event.device in self._links.rules().readers:
            self._at_reader(event)

    def _at_reader(self, signal: Signal) -> None:
        credential = reading(signal)
        if credential is None or self._repeats.is_repeated(signal, self._links.now()):
            return
        door, reader = self._links.rules().readers[signal.device]
        if self._repeats.is_still_there(credential, door, self._links.now()):
            return
        passage = self._passage(credential, door.device, reader.device, "", signal.id, signal)
        self._queue.put_nowait(passage)
        for observer in self.observers:
            observer(passage)

    def _release(self, door: str, device: str) -> None:
        """Open a door because of a fire that the device reported."""
        self._queue.put_nowait(self._passage(PresentedCredential("fire", device), door, "", "", None))

    def _request(self, credential: PresentedCredential, door: str, at: datetime, reader: str) -> AccessRequest:
        digests: tuple[bytes, ...] = ()
        if credential.kind in (CredentialKind.CARD, CredentialKind.PIN):
            digests = self._digests(credential)
        code = None
        if credential.kind == CredentialKind.PASS and self._links.codes is not None:
            code = self._links.codes.verify(credential.value, at)
        return AccessRequest(credential, door, at, reader, digests, code)

    def _digests(self, credential: PresentedCredential) -> tuple[bytes, ...]:
        vault, kind = self._links.store.vault, CredentialKind(credential.kind)
        try:
            return tuple(credential_digest(vault, kind, text) for text in (credential.value, *credential.also))
        except VaultError as error:
            log.error("a card or PIN can't be recognised", why=str(error))
            return ()

    def _decide(self, request: AccessRequest) -> AccessDecision:
        return policy.decide(request, self._links.register(), self._links.rules(), self.state)

    def _passage(
        self,
        credential: PresentedCredential,
        door_id: str,
        reader: str,
        by: str,
        signal_id: str | None,
        signal: Signal | None = None,
    ) -> Passage:
        """Decide and change the state, without a pause in between."""
        rules = self._links.rules()
        request = self._request(credential, door_id, self._links.now(), reader)
        door = rules.doors.get(door_id)
        decision = self._decide(request)
        if credential.kind == CredentialKind.PIN and reader:
            decision = self._wrong_pins.limited(reader, decision, request.at)
        if signal is not None and door is not None and _is_late(signal, rules.reader(door, reader)):
            decision = AccessDecision(AccessCode.LATE, reason_of(AccessCode.LATE))
        zone, inside = self.state.apply(request, decision, rules)
        command = opening(door, decision, signal_id, by) if door is not None and decision.granted else None
        return Passage(request, decision, by, signal_id, zone, inside, command)

    async def run(self) -> None:
        """Record decisions and open doors, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_late())
            tasks.create_task(self.fire.run())
            while True:
                passage = await self._queue.get()
                recorded = asyncio.get_running_loop().create_future()
                tasks.create_task(self._record(passage, recorded))
                tasks.create_task(self._open(passage, recorded))

    async def _open(self, passage: Passage, recorded: asyncio.Future[None]) -> None:
        """Have the door opened once the decision is on record, or can't be."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.shield(recorded)
        except TimeoutError:
            log.error("a decision at a door is not on record yet: the disk hangs", door=passage.request.door)
        if passage.command is not None:
            if self._links.now() - passage.request.at < TOO_LATE:
                self._links.send(passage.command)
            else:
                log.error("a door was not opened, for it took too long", door=passage.request.door)
        if passage.done is not None and not passage.done.done():
            passage.done.set_result(None)

    async def _record(self, passage: Passage, recorded: asyncio.Future[None]) -> None:
        """Put it on record. What the disk does not take is kept, and written later."""
        try:
            await self._write(passage)
        except NotRecorded as error:
            log.error("a decision at a door is not on record yet", door=passage.request.door, why=str(error))
            self._unwritten.append(passage)
        finally:
            recorded.set_result(None)

    async def _write(self, passage: Passage) -> int:
        at = self._links.now()

        def unit(connection: sqlite3.Connection) -> None:
            rows.insert(connection, passage)
            if passage.command is not None:
                flow_rows.record_command(connection, passage.command, passage.request.at, "sent")
            if passage.by:
                audit.append(connection, _step(passage, at))

        return await self._links.commit(passage.as_signal(), unit)

    async def _write_late(self) -> None:
        while True:
            await asyncio.sleep(RETRY_S)
            while self._unwritten:
                try:
                    await self._write(self._unwritten[0])
                except NotRecorded:
                    break
                self._unwritten.popleft()


def _is_late(signal: Signal, reader: ReaderSection | None) -> bool:
    if reader is None or not reader.late or signal.at is None or signal.received is None:
        return False
    return signal.received - signal.at > reader.late


def _step(passage: Passage, at: datetime) -> Step:
    """The audit's step of a person who opened a door, or tried to."""
    data = {
        "command": passage.command.id if passage.command is not None else "",
        "device": passage.request.door,
        "code": str(passage.decision.code),
    }
    return Step("", "door-open", passage.by, at, passage.decision.reason.zh, data)
