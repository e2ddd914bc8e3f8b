"""Consents for tests that enrol faces."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.config.residents import ConsentKind
from gateway.privacy.consents import Consents, GivenConsent, How
from gateway.store import Store


async def agreed(store: Store, *persons: str) -> None:
    """They have agreed to have their faces recognised; those on the watch list are there by an order."""
    consents = Consents(store, lambda: datetime.now(UTC))
    for person in persons:
        row = await store.read(
            lambda c, key=person: c.execute("SELECT list FROM persons WHERE id = ?", (key,)).fetchone()
        )
        how: How = "law" if row["list"] == "watch" else "counter"
        await consents.give(
            GivenConsent(person, ConsentKind.FACE, how, "manager", basis="协查通知" if how == "law" else "")
        )
