"""Whom the cameras know, while the register can and can't be read."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from structlog.testing import capture_logs

from gateway.app import identity_sync as module
from gateway.people import faces
from gateway.store import Store
from gateway.vision.face_matching import FaceMatching


class Cameras:
    """What a vision pool is told."""

    def __init__(self) -> None:
        self.told = []

    async def set_identities(self, known):
        self.told.append({face.person_id for face in known.faces})


@pytest.fixture
async def sealed_with_another_key(tmp_path):
    """The record of a gateway with one face, restored without its keys folder."""
    async with Store.open(tmp_path) as store:
        await store.write(
            lambda c: c.execute("INSERT INTO persons (id, name, role, list) VALUES ('p1', '陈', 'owner', 'resident')")
        )
        await faces.enrol(store, "p1", np.zeros(128, np.float32), b"photo")
    key = tmp_path / "keys" / "data.key"
    key.write_text("00" * 32)
    return tmp_path


async def test_faces_that_no_key_opens_cost_the_gateway_nothing_else(sealed_with_another_key, monkeypatch):
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    cameras = Cameras()
    with capture_logs() as logs:
        async with Store.open(sealed_with_another_key) as store, asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(module.sync_identities(store, cameras, FaceMatching))
            await until(lambda: logs)
            await store.write(lambda c: c.execute("DELETE FROM face_templates"))
            await until(lambda: cameras.told == [set()])
            keeping.cancel()
    assert [entry["why"] for entry in logs if entry["log_level"] == "error"] == [
        "data was written with another key: put back the keys folder of its backup"
    ], "told once, however often it is tried"


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
