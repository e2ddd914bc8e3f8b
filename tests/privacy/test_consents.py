"""Consents are on record with their wording; a withdrawal deletes at once and leaves a proof without the data."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.config.residents import ConsentKind, ConsentText, PrivacySection
from gateway.errors import NotFound, Refused
from gateway.people.register_writer import ChangedBy, PersonData, RegisterWriter
from gateway.privacy import rows
from gateway.privacy.consents import Consents, GivenConsent
from gateway.store import audit
from tests.privacy.conftest import NOW, Life

FACE, CARE = ConsentKind.FACE, ConsentKind.CARE


def consents(life: Life, **settings: object) -> Consents:
    refreshed: list[int] = []

    async def refresh() -> None:
        refreshed.append(1)

    made = Consents(life.store, lambda: NOW, lambda: PrivacySection(**settings), refresh)
    made.refreshed = refreshed  # type: ignore[attr-defined]  # for the test
    return made


async def child(life: Life, born: date) -> str:
    def write(connection) -> str:
        writer = RegisterWriter(connection, life.store.vault, NOW, ChangedBy("manager", "出生登记"))
        return writer.put_person(PersonData("欧阳小小", born=born))

    return await life.store.write(write)


async def test_a_consent_has_its_wording_version_time_and_way(life):
    service = consents(life)
    await service.give(GivenConsent(life.other, CARE, "phone", f"resident:{life.other}"))
    [given] = await service.of_person(life.other)
    assert (given.kind, given.version, given.given_at, given.how) == (CARE, "1", NOW, "phone")
    assert given.in_force
    wording = await life.store.read(
        lambda c: c.execute("SELECT zh FROM consent_wordings WHERE digest = ?", (given.wording,)).fetchone()
    )
    assert wording["zh"] == service.book.wording(CARE).zh


async def test_the_same_text_again_is_one_and_a_new_text_is_asked_anew(life):
    given = GivenConsent(life.other, CARE, "phone", "x")
    first = await consents(life).give(given)
    assert await consents(life).give(given) == first
    text = ConsentText(version="2", zh="新的告知书" * 5, en="Another text, longer than before.")
    second = await consents(life, consents={CARE: text}).give(given)
    assert second != first
    new, old = sorted(await consents(life).of_person(life.other), key=lambda one: one.in_force, reverse=True)
    assert (new.id, new.version, old.in_force) == (second, "2", False)


@pytest.mark.parametrize(("born", "needs"), [(date(2012, 12, 1), True), (date(2012, 11, 30), False)])
async def test_under_fourteen_a_guardian_agrees(life, born, needs):
    person, service = await child(life, born), consents(life)
    if needs:
        with pytest.raises(Refused, match="guardian"):
            await service.give(GivenConsent(person, FACE, "paper", "property"))
    await service.give(GivenConsent(person, FACE, "paper", "property", guardian="欧阳建国" if needs else ""))
    [given] = await service.of_person(person)
    assert given.guardian == ("欧阳建国" if needs else "")
    raw = await life.store.read(
        lambda c: c.execute("SELECT guardian FROM consents WHERE id = ?", (given.id,)).fetchone()
    )
    assert "欧阳建国".encode() not in (raw["guardian"] or b"")


async def test_a_withdrawal_deletes_at_once_and_leaves_a_proof_without_the_data(life):
    service = consents(life)
    assert await life.store.read(rows.face_count) == 1
    await service.withdraw(life.person, FACE, f"resident:{life.person}")
    assert await life.store.read(rows.face_count) == 0
    assert service.refreshed == [1]  # type: ignore[attr-defined]
    [one] = await service.of_person(life.person)
    assert (one.in_force, one.withdrawn_at, one.withdrawn_by) == (False, NOW, f"resident:{life.person}")
    steps = await life.store.read(lambda c: audit.page(c, audit.StepFilter(action="consent-withdrawn"), None, 1))
    assert steps[0][1].data["removed"] == 1
    assert len(steps[0][1].data["proof"]) == 64
    with pytest.raises(NotFound):
        await service.withdraw(life.person, FACE, "manager")


async def test_what_another_kind_was_for_goes_with_it(life):
    service, gone = consents(life), []
    service.book.on_withdrawal(CARE, lambda _connection, person: gone.append(person) or [b"habit"])
    await service.give(GivenConsent(life.other, CARE, "phone", "x"))
    await service.withdraw(life.other, CARE, "x")
    assert gone == [life.other]


async def test_without_consent_only_by_law_and_only_for_the_watch_list(life):
    service = consents(life)
    for basis in ("", "协查通知"):
        with pytest.raises(Refused):
            await service.give(GivenConsent(life.other, FACE, "law", "manager", basis=basis))
    with pytest.raises(NotFound):
        await service.give(GivenConsent("p-nobody", FACE, "paper", "manager"))
