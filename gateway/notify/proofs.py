"""Whether each notifier has proved that it delivers: its last proof, on disk, and why the last attempt failed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from gateway.errors import NotRecorded
from gateway.model import Words
from gateway.notify import rows
from gateway.store import Store

log = structlog.get_logger(__name__)
UNPROVED_IS_ALERT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Proof:
    """`since` it is expected to deliver, `proved` is the last time it did, `fault` why the last attempt failed."""

    since: datetime
    proved: datetime | None = None
    fault: Words | None = None

    def is_missing(self, now: datetime) -> bool:
        """Whether there was none for an hour. A time ahead of now (a clock set back) counts as now."""
        return now - min(self.proved or self.since, now) >= UNPROVED_IS_ALERT

    def is_healthy(self, now: datetime) -> bool:
        """Whether it was proved within the hour."""
        return self.proved is not None and not self.is_missing(now)


class Proofs:
    """Proofs by notifier. A proof that can't be written holds in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._proofs: dict[str, Proof] = {}

    async def begin(self, notifiers: Sequence[str], changed: Collection[str], at: datetime) -> None:
        """These are the notifiers from now on; proofs of the changed ones are void."""
        found = {}
        try:
            await self._store.write(partial(rows.begin_proofs, notifiers=notifiers, at=at))
            for name in changed:
                await self._store.write(partial(rows.restart_proof, notifier=name, at=at))
            found = dict(await self._store.read(rows.proofs))
        except NotRecorded as error:
            log.error("proofs of notifiers are not on record", why=str(error))
        former = self._proofs
        self._proofs = {}
        for name in notifiers:
            kept = former.get(name) if name not in changed else None
            self._proofs[name] = kept or (Proof(*found[name]) if name in found else Proof(at))

    def of(self, notifier: str) -> Proof | None:
        """The proof of a notifier; None when it has just been removed."""
        return self._proofs.get(notifier)

    def all(self) -> dict[str, Proof]:
        """Every proof, by notifier."""
        return dict(self._proofs)

    async def proved(self, notifier: str, at: datetime) -> None:
        """It has just delivered."""
        if notifier not in self._proofs:
            return  # removed meanwhile
        self._proofs[notifier] = replace(self._proofs[notifier], proved=at, fault=None)
        try:
            await self._store.write(partial(rows.prove, notifier=notifier, at=at))
        except NotRecorded as error:
            log.error("a proof of a notifier is not on record", notifier=notifier, why=str(error))

    def failed(self, notifier: str, why: Words) -> None:
        """It could not deliver."""
        if notifier in self._proofs:
            self._proofs[notifier] = replace(self._proofs[notifier], fault=why)
