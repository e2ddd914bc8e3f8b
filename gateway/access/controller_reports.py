"""What controllers decided by their own lists: it lands in the record of passages, as decided by the controller."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from gateway.access import rows
from gateway.access.controller_list import credential_of, doors_of
from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.passage import Passage
from gateway.access.reasons import reason_of
from gateway.access.request import AccessRequest, PresentedCredential
from gateway.access.rules import AccessRules
from gateway.errors import NotRecorded
from gateway.model import Action, Credential, CredentialKind, Register, Signal, Words, from_data
from gateway.store import Store

log = structlog.get_logger(__name__)
MAX_WAITING = 10_000
RETRY_S = 1.0
MAX_REASON = 60
"""Characters of the controller's own words that the reason repeats."""
_DECISIONS = {"access.granted": AccessCode.CONTROLLER, "access.denied": AccessCode.CONTROLLER_REFUSED}


class ControllerReports:
    """`is_controller` says whether a device decides by a list of its own."""

    def __init__(
        self,
        store: Store,
        rules: Callable[[], AccessRules],
        register: Callable[[], Register],
        is_controller: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._rules = rules
        self._register = register
        self._is_controller = is_controller
        self._waiting: deque[Passage] = deque(maxlen=MAX_WAITING)
        self._more = asyncio.Event()
        self._known: tuple[object, Mapping[str, Credential]] = (None, {})

    def heard(self, event: Signal | Action) -> None:
        """A signal that is on record, or is not; one that is not will come again. Returns at once."""
        if not isinstance(event, Signal) or event.kind not in _DECISIONS or event.number is None:
            return
        if self._is_controller(event.device):
            self._waiting.append(self._passage(event))
            self._more.set()

    async def run(self) -> None:
        """Put reports on record until cancelled, each once."""
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            passage = self._waiting[0]
            try:
                await self._store.write(partial(rows.insert, passage=passage))
            except NotRecorded as error:
                log.error("a controller's report is not in the record of passages yet", why=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._waiting.popleft()

    def _passage(self, signal: Signal) -> Passage:
        data, received = signal.data, signal.time
        door, kind = str(data.get("door", "")), str(data.get("credential", ""))
        doors = [one.device for one in doors_of(signal.device, self._rules())]
        if door not in doors:
            door = doors[0] if len(doors) == 1 else signal.device
        credential = self._credential(data.get("entry"))
        at = received if signal.at is None else min(signal.at, received)
        request = AccessRequest(PresentedCredential(_kind(kind, credential), ""), door, at, signal.device)
        code = _DECISIONS[signal.kind]
        said = _own_words(data.get("reason"))
        decision = AccessDecision(
            code,
            reason_of(code, said.zh, said.en) if said is not None else reason_of(code),
            credential.person if credential is not None else None,
            (credential.place or None) if credential is not None else None,
            holder=_holder(credential),
        )
        return Passage(request, decision, signal=signal.id)

    def _credential(self, entry: object) -> Credential | None:
        register = self._register()
        if self._known[0] is not register.credentials:
            found = {one.id: one for several in register.credentials.values() for one in several}
            self._known = (register.credentials, found)
        return self._known[1].get(credential_of(entry)) if isinstance(entry, str) else None


def _kind(said: str, credential: Credential | None) -> str:
    if credential is not None:
        return credential.kind
    return said if said in frozenset(CredentialKind) else CredentialKind.CARD


def _holder(credential: Credential | None) -> str:
    if credential is None:
        return ""
    return f"person:{credential.person}" if credential.person is not None else f"credential:{credential.id}"


def _own_words(reason: object) -> Words | None:
    """The controller's reason, where it gave one that can be read."""
    if not isinstance(reason, str | Mapping) or not reason:
        return None
    try:
        words = Words.of(from_data(dict(reason) if isinstance(reason, Mapping) else reason))
    except (KeyError, TypeError, ValueError):
        return None
    return Words(words.zh[:MAX_REASON], words.en[:MAX_REASON])
