"""Opens a trial of the doors on a data folder, without a gateway."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.access.trial import Trial
from gateway.app.passes import PassCodeReader
from gateway.config.configuration import Configuration
from gateway.model import Action, Pass
from gateway.passes.service import Passes
from gateway.people import People
from gateway.store import Store


async def open_trial(store: Store, configuration: Configuration) -> Trial:
    """With the register and the passes of this data folder."""
    now, held = datetime.now(UTC), dict[str, Pass]()
    settings = configuration.residents.visitors, ZoneInfo(configuration.compound.timezone)
    passes = Passes(store, lambda: now, lambda: settings, _changes_nothing, held.update)
    await passes.load()
    register = replace(await People(store).register(now), passes=held)
    return await Trial.open(store, configuration, register, now, PassCodeReader(passes))


async def _changes_nothing(action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> int:  # noqa: ARG001  # of the protocol
    return 0
