from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gateway.errors import NotFound, Refused
from gateway.people import faces
from gateway.store import Store
from gateway.vision.face_matching import FaceMatching, FaceModels, ModelFile
from gateway.vision.identities import Identities, IdentityVehicle
from tests.support.consents import agreed

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
TEMPLATE = np.random.default_rng(1).normal(size=128).astype(np.float32)


async def with_people(store: Store) -> None:
    def put(connection: object) -> None:
        connection.execute(  # type: ignore[attr-defined]
            "INSERT INTO persons (id, name, list) VALUES ('p1', '张三', 'resident')"
        )
        connection.execute(  # type: ignore[attr-defined]
            "INSERT INTO memberships (id, person, place, role, since) VALUES ('m1', 'p1', 'b3/u1/1502', 'owner', 0)"
        )
        connection.execute("INSERT INTO vehicles (plate, place, list) VALUES ('苏M12345', 'b3/u1/1502', 'resident')")  # type: ignore[attr-defined]

    await store.write(put)
    await agreed(store, "p1")


async def test_a_template_is_sealed_and_comes_back_whole(tmp_path: Path) -> None:
    async with Store.open(tmp_path) as store:
        await with_people(store)
        await faces.enrol(store, "p1", TEMPLATE, b"photo")
        await faces.enrol(store, "p1", TEMPLATE, b"photo")
        known = await faces.load_identities(store, NOW)
        sealed = await store.read(
            lambda connection: connection.execute("SELECT template FROM face_templates").fetchone()
        )
    assert TEMPLATE.tobytes() not in sealed["template"]
    (face,) = known.faces
    assert (face.person_id, face.name, face.place, face.list) == ("p1", "张三", "b3/u1/1502", "resident")
    assert np.array_equal(face.template, TEMPLATE)
    assert known.vehicles == [IdentityVehicle("苏M12345", "b3/u1/1502", "resident")]


async def test_nobody_unknown_is_enrolled(tmp_path: Path) -> None:
    async with Store.open(tmp_path) as store:
        with pytest.raises(NotFound, match="'p9'"):
            await faces.enrol(store, "p9", TEMPLATE, b"photo")
        assert await faces.load_identities(store, NOW) == Identities([], [])


async def test_who_moves_out_is_forgotten(tmp_path: Path) -> None:
    async with Store.open(tmp_path) as store:
        await with_people(store)
        await faces.enrol(store, "p1", TEMPLATE, b"photo")
        await store.write(lambda connection: connection.execute("DELETE FROM persons WHERE id = 'p1'").rowcount)
        assert (await faces.load_identities(store, NOW)).faces == []
        count = await store.read(
            lambda connection: connection.execute("SELECT count(*) FROM face_templates").fetchone()[0]
        )
    assert count == 0


async def test_templates_of_another_recogniser_are_not_compared(tmp_path: Path) -> None:
    supplied = FaceModels(ModelFile("d.onnx", "ab" * 32), ModelFile("r.onnx", "cd" * 32))
    async with Store.open(tmp_path) as store:
        await with_people(store)
        await faces.enrol(store, "p1", TEMPLATE, b"photo")
        await faces.enrol(store, "p1", TEMPLATE[:64], b"photo", supplied)
        ours = await faces.load_identities(store, NOW)
        theirs = await faces.load_identities(store, NOW, FaceMatching(supplied, distance=1.0))
    assert [face.template.shape for face in ours.faces] == [(128,)]
    assert [face.template.shape for face in theirs.faces] == [(64,)]
    assert np.array_equal(theirs.faces[0].template, TEMPLATE[:64])


async def test_a_face_is_not_enrolled_without_a_consent_on_record(tmp_path: Path) -> None:
    async with Store.open(tmp_path) as store:
        await with_people(store)
        await store.write(lambda c: c.execute("UPDATE consents SET withdrawn_at = 1").rowcount)
        with pytest.raises(Refused, match="anju consents give p1 face"):
            await faces.enrol(store, "p1", TEMPLATE, b"photo")
        assert (await faces.load_identities(store, NOW)).faces == []
