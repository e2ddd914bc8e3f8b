"""After a deletion the person is nowhere in the data folder, everything else is, and the audit is whole."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from gateway.desk.redaction import redact_open
from gateway.errors import NotFound
from gateway.history import rows as history_rows
from gateway.history.terms import Wanted, match
from gateway.people.residents import People
from gateway.privacy import phases, rows
from gateway.privacy.erasure import ERASE, ERASED, Erasures
from gateway.privacy.identity import Identity
from gateway.store import Store, audit
from tests.privacy.conftest import (
    CARD,
    ID_NUMBER,
    NAME,
    NOW,
    OTHER,
    OTHER_PLATE,
    PHONE,
    PLATE,
    TEMPLATE,
    Life,
)

FORMS = Identity("", (NAME, "欧阳建帼"), (PHONE, "138 1234 5678"), (PLATE,), (ID_NUMBER, CARD)).byte_forms()


def held(folder: Path, forms: list[bytes] = FORMS) -> dict[str, list[bytes]]:
    """Each file with what it holds of the person."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = {path.name: [form for form in forms if form in path.read_bytes()] for path in files}
    return {name: forms for name, forms in found.items() if forms}


def erasures(life: Life) -> Erasures:
    return Erasures(
        life.store, lambda: NOW, redact=lambda scrubber: redact_open(life.desk.state, life.store, scrubber.text)
    )


async def erase(life: Life) -> str:
    service = erasures(life)
    erasure = await service.order(life.person, "manager", f"{NAME}本人书面要求")
    await service.finish_all()
    return erasure


async def test_the_person_is_nowhere_in_the_data_folder(life):
    folder = life.store.folder
    sealed = await life.store.read(
        lambda c: [bytes(row[0]) for row in c.execute("SELECT template FROM face_templates")]
    )
    await life.store.write(lambda c: c.execute("SELECT 1").fetchall())
    assert held(folder), "there must be something to delete"
    erasure = await erase(life)
    assert held(folder) == {}
    template = TEMPLATE.astype("<f4").tobytes()
    assert held(folder, [template[:64], sealed[0][:24], sealed[0][-24:]]) == {}
    state = await erasures(life).state(erasure)
    assert (state.phase, state.left, state.ended_at) == ("done", (), NOW)
    assert state.counts["persons"] == state.counts["face_templates"] == 1


async def test_after_a_restart_too(tmp_path, life):
    await erase(life)
    async with Store.open(life.store.folder) as store:
        register = await People(store).register(NOW)
    assert [resident.person.name for resident in register.persons.values()] == [OTHER]
    assert list(register.vehicles) == [OTHER_PLATE]
    assert held(life.store.folder) == {}


async def test_the_audit_is_whole_and_proves_it_without_the_data(life):
    erasure = await erase(life)
    found = await life.store.read(audit.chain_summary)
    assert found["broken_at"] is None
    steps = await life.store.read(lambda c: [row for _n, row, _h in audit.page(c, audit.StepFilter(), None, 100)])
    ended, ordered = next(s for s in steps if s.action == ERASED), next(s for s in steps if s.action == ERASE)
    assert ordered.data == {"erasure": erasure, "person": life.person}
    assert ordered.note == "[已删除]本人书面要求"
    assert len(ended.data["proof"]) == 64
    closing = next(step for step in steps if step.action == "close")
    assert closing.note == "[已删除]本人，[已删除]已回访"
    assert closing.user == "guard"


async def test_what_is_open_on_the_screen_names_nobody_and_stays_so(life):
    await erase(life)
    for alert in life.desk.open_alerts():
        assert NAME not in alert.reason.zh
        assert PLATE not in alert.reason.zh
        await life.desk.step(alert.id, "acknowledge", "guard")
    await life.store.inspect(rows.wal_is_empty)
    assert held(life.store.folder) == {}
    assert any(OTHER_PLATE in alert.reason.zh for alert in life.desk.open_alerts())


async def test_others_stay_as_they_were(life):
    before = await life.store.read(lambda c: [dict(r) for r in c.execute("SELECT * FROM persons ORDER BY id")])
    await erase(life)
    after = await life.store.read(lambda c: [dict(r) for r in c.execute("SELECT * FROM persons ORDER BY id")])
    assert after == [row for row in before if row["id"] != life.person]
    data = await life.store.read(lambda c: [r["data"] for r in c.execute("SELECT data FROM journal")])
    assert any(OTHER_PLATE in each for each in data)
    assert not any(life.person in each for each in data)


async def test_the_search_finds_the_alert_and_not_by_the_name(life):
    def found(**wanted: str) -> partial:
        return partial(
            history_rows.found,
            match=match(Wanted(**wanted)),
            begin=NOW.replace(hour=0),
            end=NOW.replace(hour=23),
            before=history_rows.NEVER,
            limit=50,
        )

    assert await life.store.read(found(words=NAME))
    await erase(life)
    assert await life.store.read(found(words=NAME)) == []
    assert await life.store.read(found(plate=PLATE)) == []
    assert await life.store.read(found(words="马上挪车"))
    assert await life.store.read(found(plate=OTHER_PLATE))


async def test_pictures_of_the_person_are_gone_and_others_are_not(life):
    folder = life.store.folder / "media"
    assert len(list(folder.rglob("*.jpg"))) == 3
    await erase(life)
    [left] = folder.rglob("*.jpg")
    assert left.read_bytes() == b"\xff\xd8 another car"


@pytest.mark.parametrize("phase", ["sightings", "texts:decisions", "steps", "search", "files"])
async def test_a_deletion_that_was_interrupted_goes_on(life, monkeypatch, phase):
    service = erasures(life)
    await service.order(life.person, "manager", "要求")

    def fail_at(number: int):
        async def fail(_work, _position) -> None:
            raise asyncio_error

        return phases.Phase(phases.PHASES[number].name, fail)

    asyncio_error = ConnectionAbortedError("killed here")
    at = [one.name for one in phases.PHASES].index(phase)
    broken = (*phases.PHASES[:at], fail_at(at), *phases.PHASES[at + 1 :])
    monkeypatch.setattr("gateway.privacy.erasure.PHASES", broken)
    with pytest.raises(ConnectionAbortedError):
        await service.finish_all()
    monkeypatch.setattr("gateway.privacy.erasure.PHASES", phases.PHASES)
    await erasures(life).finish_all()
    assert held(life.store.folder) == {}
    assert await life.store.read(audit.broken_at) is None


async def test_ordering_twice_is_one_and_an_unknown_person_is_told(life):
    service = erasures(life)
    first = await service.order(life.person, "manager", "要求")
    assert await service.order(life.person, "manager", "再次要求") == first
    with pytest.raises(NotFound):
        await service.order("p-nobody", "manager", "要求")


async def test_what_is_looked_for_is_sealed_while_it_is_under_way(life):
    await erasures(life).order(life.person, "manager", "要求")
    [row] = await life.store.read(rows.open_erasures)
    about = json.loads(life.store.vault.decrypt(row["about"]))
    assert about["names"] == sorted([NAME, "欧阳建帼"])
    assert (about["phones"], about["plates"]) == ([PHONE], [PLATE])
    assert not any(form in bytes(row["about"]) for form in FORMS)
    people = await People(life.store).register(NOW)
    assert life.person not in people.persons, "out of the register at once"


async def test_a_forged_redaction_is_still_found(life):
    await erase(life)

    def forge(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE steps SET note = '什么也没有' WHERE action = 'close'")

    await life.store.write(forge)
    assert await life.store.read(audit.broken_at) is not None
