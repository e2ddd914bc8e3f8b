"""Private links to reports and calls for help: whoever has the link sees how it goes, and no guard's name.

The link's token is signed; the report's signal carries the token's random half as its source id. So a link needs no
table, ends with the signal's retention, and knowing a source id is not enough to make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.desk import Desk
from gateway.door_plate import rows
from gateway.model import AlertState, Signal
from gateway.store import Store, journal
from gateway.store.signed_token import SignedTokens
from gateway.store.vault import VaultError

_PURPOSE = "door plate report"
KINDS = frozenset({"report.made", "help.called"})
ANSWER = "answer"
"""The guard's step whose note is for whoever reported it."""


class Stage(StrEnum):
    """How far the guards are."""

    RECEIVED = "received"
    SEEN = "seen"
    HANDLED = "handled"
    CLOSED = "closed"


_STAGES = {
    AlertState.NEW: Stage.RECEIVED,
    AlertState.ACKNOWLEDGED: Stage.SEEN,
    AlertState.ON_SCENE: Stage.HANDLED,
    AlertState.ON_HOLD: Stage.HANDLED,
    AlertState.CLOSED: Stage.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """`answers` are what the guards chose to tell, oldest first."""

    signal: Signal
    stage: Stage
    answers: Sequence[tuple[datetime, str]] = ()


class Matters:
    """`device` is the id of the gateway as a device."""

    def __init__(self, store: Store, desk: Desk, device: str) -> None:
        self._store = store
        self._desk = desk
        self._device = device
        self._tokens = SignedTokens(store.vault, _PURPOSE)

    def new_token(self) -> str:
        """The token of a report that is yet to be made; empty without a usable key, then there is no link."""
        try:
            return self._tokens.token(self._tokens.new_half())
        except VaultError:
            return ""

    def link(self, given: str) -> tuple[str, str | None]:
        """The token of a form and its source id; a new one for a form without a token of ours.

        A form's token makes what is sent twice one signal.
        """
        source = self.source_id(given) if given else None
        token = given if source is not None else self.new_token()
        return token, source or (self.source_id(token) if token else None)

    def source_id(self, token: str) -> str | None:
        """What the report's signal is called; None for a token that was not made here."""
        half = self._tokens.verified_half(token)
        return None if half is None else half.hex()

    async def progress(self, token: str) -> Progress | None:
        """How the report of this link goes; None for a wrong link, or one whose report is no longer kept."""
        source = self.source_id(token)
        if source is None:
            return None
        found = await self._store.read(
            lambda connection: journal.signals(connection, device=self._device, source_id=source, limit=1)
        )
        if not found or found[0].kind not in KINDS:
            return None
        return await self._progress(found[0])

    async def _progress(self, signal: Signal) -> Progress:
        number = signal.number or 0
        alert_id = await self._store.read(lambda connection: rows.alert_of_journal(connection, number))
        alert = await self._desk.alert(alert_id) if alert_id else None
        if alert is None:
            return Progress(signal, Stage.RECEIVED)
        steps = await self._desk.steps(alert.id)
        answers = [(step.at, step.note) for step in steps if step.action == ANSWER and step.note]
        return Progress(signal, _STAGES[alert.state], answers)
