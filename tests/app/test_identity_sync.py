"""Whom the cameras know, while the register can and can't be read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import numpy as np
import pytest
from structlog.testing import capture_logs

from gateway.app import identity_sync as module
from gateway.errors import NotRecorded
from gateway.people import CurrentRegister, faces
from gateway.people.residents import People
from gateway.store import Store
from gateway.vision.face_matching import FaceMatching
from tests.support.consents import agreed


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
        await store.write(lambda c: c.execute("INSERT INTO persons (id, name, list) VALUES ('p1', '陈', 'watch')"))
        await agreed(store, "p1")
        await faces.enrol(store, "p1", np.zeros(128, np.float32), b"photo")
    key = tmp_path / "keys" / "data.key"
    key.write_text("00" * 32)
    return tmp_path


async def test_faces_that_no_key_opens_cost_the_gateway_nothing_else(sealed_with_another_key, monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    cameras = Cameras()
    with capture_logs() as logs:
        async with Store.open(sealed_with_another_key) as store, asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(module.sync_identities(store, register_of(store), cameras, FaceMatching, now))
            await until(lambda: logs)
            await store.write(lambda c: c.execute("DELETE FROM face_templates"))
            await until(lambda: cameras.told == [set()])
            keeping.cancel()
    assert [entry["why"] for entry in logs if entry["log_level"] == "error"] == [
        "the data was encrypted with another key: put back the keys folder of its backup"
    ], "told once, however often it is tried"


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_refreshed_register_reaches_the_cameras_and_the_journal_without_polling(tmp_path):
    cameras, acted = Cameras(), []
    async with Store.open(tmp_path) as store, asyncio.TaskGroup() as tasks:
        register = register_of(store, acted)
        await register.load()
        keeping = tasks.create_task(module.sync_identities(store, register, cameras, FaceMatching, now))
        await until(lambda: len(cameras.told) == 1)
        await store.write(
            lambda c: c.execute("INSERT INTO vehicles (plate, place, list) VALUES ('苏M12345', 'b1', 'resident')")
        )
        await asyncio.sleep(0.05)
        assert len(cameras.told) == 1, "nobody reads the database again by himself"
        await register.refresh()
        await until(lambda: len(cameras.told) == 2)
        await register.refresh()
        await until(lambda: len(cameras.told) == 3)
        keeping.cancel()
    assert [(action.kind, action.data) for action in acted] == [("register.changed", {"persons": 0, "vehicles": 1})]
    assert register.snapshot.vehicles["苏M12345"].place == "b1"


async def test_a_change_that_could_not_be_recorded_is_recorded_by_the_next_refresh(tmp_path):
    """Else rules would never get the new register: it is no other one by then."""
    acted, disk_full = [], True

    async def act(action):
        if disk_full:
            raise NotRecorded("full")
        acted.append(action.kind)
        return 1

    async with Store.open(tmp_path) as store:
        register = CurrentRegister(store, lambda: datetime.now(UTC), act)
        await register.load()
        await store.write(
            lambda c: c.execute("INSERT INTO vehicles (plate, place, list) VALUES ('苏M12345', 'b1', 'resident')")
        )
        await register.refresh()
        assert (list(register.snapshot.vehicles), acted) == (["苏M12345"], [])
        disk_full = False
        await register.refresh()
        await register.refresh()
    assert acted == ["register.changed"]


async def test_of_two_refreshes_the_one_that_knows_less_does_not_win(tmp_path, monkeypatch):
    whole, slow = People.register, asyncio.Event()

    async def read(self, at):
        found = await whole(self, at)
        if not found.vehicles:
            await slow.wait()
        return found

    monkeypatch.setattr(People, "register", read)
    async with asyncio.timeout(5), Store.open(tmp_path) as store:
        register = register_of(store)
        first = asyncio.create_task(register.refresh())
        while not slow._waiters:
            await asyncio.sleep(0)
        await store.write(
            lambda c: c.execute("INSERT INTO vehicles (plate, place, list) VALUES ('苏M12345', 'b1', 'resident')")
        )
        second = asyncio.create_task(register.refresh())
        asyncio.get_running_loop().call_later(0.05, slow.set)
        await asyncio.gather(first, second)
        assert list(register.snapshot.vehicles) == ["苏M12345"]


def now():
    return datetime.now(UTC)


def register_of(store, acted=None):
    async def act(action):
        (acted if acted is not None else []).append(action)
        return 1

    return CurrentRegister(store, lambda: datetime.now(UTC), act)
