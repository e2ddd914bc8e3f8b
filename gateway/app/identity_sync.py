"""Sends faces and vehicles to the vision workers, at the start and whenever the register is refreshed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from gateway.errors import AnjuError
from gateway.people import CurrentRegister, faces
from gateway.store import Store
from gateway.vision.face_matching import FaceMatching
from gateway.vision.pool import VisionPool

log = structlog.get_logger(__name__)
RETRY_S = 5.0
"""Pause before the next try when the database can't be read. Meanwhile the workers keep what they have."""


async def sync_identities(
    store: Store,
    register: CurrentRegister,
    vision: VisionPool,
    matching: Callable[[], FaceMatching],
    now: Callable[[], datetime],
) -> None:
    """Runs until cancelled. No alarm waits for it."""
    failure = ""
    while True:
        try:
            await _send(store, vision, matching(), now())
        except AnjuError as error:
            if str(error) != failure:  # told once, however often it is tried
                log.error("faces and vehicles can't be read for the vision workers", why=str(error))
            failure = str(error)
            await asyncio.sleep(RETRY_S)
        else:
            failure = ""
            await register.refreshed()


async def _send(store: Store, vision: VisionPool, matching: FaceMatching, at: datetime) -> None:
    identities = await faces.load_identities(store, at, matching)
    await vision.set_identities(identities)
    counts = {"faces": len(identities.faces), "vehicles": len(identities.vehicles)}
    log.info("faces and vehicles sent to the vision workers", **counts)
