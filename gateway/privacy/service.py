"""What the web and the command line use of this package, made once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from gateway.config.residents.privacy import PrivacySection
from gateway.desk import Desk
from gateway.desk.redaction import redact_open
from gateway.privacy.consents import Consents
from gateway.privacy.erasure import Erasures
from gateway.privacy.export import my_data
from gateway.privacy.scrubber import Scrubber
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class Privacy:
    """Consents, deletions and exports of persons."""

    store: Store
    now: Callable[[], datetime]
    settings: Callable[[], PrivacySection]
    consents: Consents
    erasures: Erasures

    async def data_of(self, person: str) -> dict[str, Any]:
        """Everything about a person. Raises NotFound and NotRecorded."""
        return await self.store.read(partial(my_data, vault=self.store.vault, person=person, at=self.now()))


def make_privacy(
    store: Store,
    now: Callable[[], datetime],
    settings: Callable[[], PrivacySection],
    refresh: Callable[[], Awaitable[object]],
    desk: Desk | None = None,
    leave: Callable[[str], Awaitable[object]] | None = None,
) -> Privacy:
    """`refresh` reads the register and the faces anew; `desk` and `leave` are those of the running gateway."""

    async def redact(scrubber: Scrubber) -> None:
        if desk is not None:
            await redact_open(desk.state, store, scrubber.text)

    erasures = Erasures(store, now, redact, refresh, *([leave] if leave else []))
    return Privacy(store, now, settings, Consents(store, now, settings, refresh), erasures)
