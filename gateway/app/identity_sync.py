"""Keeps the cameras told of whom and what they know, while `anju people` and `anju faces` change it."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable

import structlog

from gateway.errors import AnjuError
from gateway.people import faces
from gateway.store import Store
from gateway.vision.face_matching import FaceMatching
from gateway.vision.pool import VisionPool

log = structlog.get_logger(__name__)
LOOK_S = 5.0


async def sync_identities(store: Store, vision: VisionPool, matching: Callable[[], FaceMatching]) -> None:
    """Tell the workers at the start and whenever the register or how faces are compared has changed; runs for good.

    While it can't be read (another key, a broken disk) they know whom they knew: no alarm waits for that.
    """
    told: tuple[bytes, FaceMatching] | None = None
    trouble = ""
    while True:
        try:
            now = await store.read(_fingerprint), matching()
            if now != told:
                known = await faces.known(store, now[1])
                await vision.set_identities(known)
                log.info("the cameras know", faces=len(known.faces), vehicles=len(known.vehicles))
                told = now
            trouble = ""
        except AnjuError as error:
            if trouble != str(error):
                log.error("whom the cameras are to know can't be read", why=str(error))
            trouble = str(error)
        await asyncio.sleep(LOOK_S)


def _fingerprint(connection: sqlite3.Connection) -> bytes:
    """Of the rows as they are sealed: nothing is decrypted to see that nothing changed."""
    digest = hashlib.blake2b(digest_size=16)
    for sql in (
        "SELECT person, photo FROM face_templates ORDER BY person, photo",
        "SELECT id, name, place, list FROM persons ORDER BY id",
        "SELECT plate, place, list FROM vehicles ORDER BY plate",
    ):
        for row in connection.execute(sql):
            digest.update(repr(tuple(row)).encode())
    return digest.digest()
