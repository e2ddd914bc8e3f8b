"""Passes on a real store: sealed, counted once, and still right after a crash."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.access import rows as access_rows
from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.passage import Passage
from gateway.access.request import AccessRequest, PresentedCredential
from gateway.config.residents import VisitorSection
from gateway.errors import Conflict, NotFound
from gateway.model import Words
from gateway.passes.codes import VerifiedCode, code_text, window_at
from gateway.passes.draft import PassDraft
from gateway.passes.service import Passes
from gateway.passes.upkeep import PassUpkeep
from gateway.store import Store

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
DRAFT = PassDraft("b3/u1/1502", "韩梅梅", NOW, NOW + timedelta(hours=2), plate="苏M55555", host="p1")
DOORS = ("east", "lobby")
PERSONS = {"p1"}.__contains__


class Bench:
    """The service, and what it says."""

    def __init__(self, store, **settings) -> None:
        self.now, self.store = NOW, store
        self.actions, self.shown = [], {}
        self.settings = VisitorSection.model_validate(settings)
        zone = ZoneInfo("Asia/Shanghai")
        self.passes = Passes(store, lambda: self.now, lambda: (self.settings, zone), self.act, self.show)

    async def act(self, action, unit=None):
        if unit is not None:
            await self.store.write(unit)
        self.actions.append(action)
        return len(self.actions)

    def show(self, passes):
        self.shown = passes

    async def make(self, **changes):
        return (await self.passes.create(replace(DRAFT, **changes), "resident:p1", DOORS)).its


@asynccontextmanager
async def bench(folder, **settings):
    async with Store.open(folder) as store:
        made = Bench(store, **settings)
        await made.passes.load()
        yield made


async def test_a_new_pass_is_shown_to_doors_and_its_code_is_verified(tmp_path):
    async with bench(tmp_path) as anju:
        one = await anju.make()
        assert anju.shown[one.id] == one
        assert (one.doors, one.uses, one.used) == (frozenset(), 60, 0)  # all doors on the way
        window = window_at(NOW)
        text = code_text(anju.passes.key, one.id, window)
        assert anju.passes.verify(text, NOW) == VerifiedCode(one.id, window)
        assert one.is_valid(NOW)
        [action] = anju.actions
        assert (action.kind, action.user, action.place) == ("pass.created", "resident:p1", "b3/u1/1502")


async def test_names_plates_and_tokens_are_sealed(tmp_path):
    async with bench(tmp_path) as anju:
        made = await anju.passes.create(DRAFT, "guard", DOORS)
        told = repr(anju.actions)
    found = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for secret in (DRAFT.name, DRAFT.plate, made.token):
        assert secret.encode() not in found
        assert secret not in told


async def test_the_page_is_found_by_its_token_alone(tmp_path):
    async with bench(tmp_path) as anju:
        made = await anju.passes.create(DRAFT, "guard", DOORS)
        found = await anju.passes.of_token(made.token)
        assert found == made
        assert await anju.passes.of_token(made.token[:-1] + ("A" if made.token[-1] != "A" else "B")) is None
        assert await anju.passes.of_token("x") is None


async def test_a_revoked_pass_is_refused_at_once_and_only_revoked_once(tmp_path):
    async with bench(tmp_path) as anju:
        one = await anju.make()
        await anju.passes.revoke(one.id, "guard")
        assert not anju.shown[one.id].is_valid(NOW)
        with pytest.raises(NotFound):
            await anju.passes.revoke(one.id, "guard")
    async with bench(tmp_path) as again:
        assert again.shown[one.id].revoked_at == NOW


async def test_a_household_has_only_so_many(tmp_path):
    async with bench(tmp_path, per_household=2) as anju:
        first = await anju.make()
        await anju.make()
        with pytest.raises(Conflict):
            await anju.make()
        await anju.make(place="b3/u1/1503")
        await anju.passes.revoke(first.id, "guard")
        await anju.make()


async def test_who_moves_out_invites_nobody_any_more(tmp_path):
    async with bench(tmp_path) as anju:
        theirs, counter = await anju.make(), await anju.make(host="guard")
        upkeep = PassUpkeep(anju.passes, anju.store, lambda: anju.now, lambda person, at: ("b3/u1/1502",), PERSONS)
        await upkeep.check()
        assert not any(one.revoked_at for one in anju.shown.values())
        upkeep = PassUpkeep(anju.passes, anju.store, lambda: anju.now, lambda person, at: (), PERSONS)
        await upkeep.check()
        assert anju.shown[theirs.id].revoked_at == NOW
        assert anju.shown[counter.id].revoked_at is None


async def test_old_passes_are_deleted_with_their_uses(tmp_path):
    async with bench(tmp_path, keep="7d") as anju:
        one = await anju.make()
        upkeep = PassUpkeep(anju.passes, anju.store, lambda: anju.now, lambda person, at: ("b3/u1/1502",), PERSONS)
        anju.now = NOW + timedelta(days=2)
        await upkeep.check()
        assert one.id not in anju.shown  # over for a day: doors have forgotten it
        assert await anju.passes.one(one.id) is not None
        anju.now = NOW + timedelta(days=8)
        await upkeep.check()
        assert await anju.passes.one(one.id) is None


async def test_a_kind_gives_its_hours_and_a_change_of_the_configuration_too(tmp_path):
    async with bench(tmp_path) as anju:
        one = await anju.make(kind="agent")
        assert one.hours == (time(7), time(22))
        assert one.days == frozenset()
        kinds = {"agent": {"name": "中介", "longest": "4h", "usual": "1h", "days": ["mon", "sun"]}}
        anju.settings = VisitorSection.model_validate({"kinds": kinds})
        await anju.passes.tidy()
        assert anju.shown[one.id].hours is None
        assert anju.shown[one.id].days == {0, 6}
    async with bench(tmp_path) as again:
        assert again.shown[one.id] == one


async def test_a_pass_that_was_deleted_with_its_host_opens_nothing(tmp_path):
    async with bench(tmp_path) as anju:
        one, other = await anju.make(), await anju.make(host="p2")
        await anju.store.write(lambda connection: connection.execute("DELETE FROM passes WHERE host = 'p1'"))
        await anju.passes.tidy()
        assert set(anju.shown) == {other.id}
        assert one.id not in anju.passes.held


async def test_what_doors_let_in_is_counted(tmp_path):
    async with bench(tmp_path) as anju:
        one = await anju.make(uses=2)
        decisions = [("east", True, None), ("east", False, None), ("lobby", True, None), ("lobby", True, True)]
        for door, granted, inside in [*decisions, ("east", True, False)]:  # the last one leaves
            request = AccessRequest(PresentedCredential("pass", "…"), door, NOW)
            code = AccessCode.OK if granted else AccessCode.NOT_NOW
            decision = AccessDecision(code, Words("…", "…"), pass_id=one.id)
            passage = Passage(request, decision, inside=inside)
            await anju.store.write(lambda connection, passage=passage: access_rows.insert(connection, passage))
        found = await anju.passes.one(one.id)
        assert found is not None
        assert (found.its.used, found.state(NOW)) == (2, "used_up")
        await anju.passes.load()
        assert anju.shown[one.id].used == 2


async def test_a_list_comes_in_pages(tmp_path):
    async with bench(tmp_path) as anju:
        made = [await anju.make(until=NOW + timedelta(hours=1 + n), place=f"b3/u1/{n % 2}") for n in range(5)]
        await anju.passes.revoke(made[0].id, "guard")
        first = await anju.passes.listed(None, "open", None, 3)
        assert [each.its.id for each in first.items] == [made[n].id for n in (4, 3, 2)]
        rest = await anju.passes.listed(None, "open", first.next, 3)
        assert [each.its.id for each in rest.items] == [made[1].id]
        assert rest.next is None
        ended = await anju.passes.listed(None, "ended", None, 3)
        assert [each.its.id for each in ended.items] == [made[0].id]
        both = await anju.passes.listed(("b3/u1/0", "b3/u1/1"), "", None, 2)
        assert [each.its.id for each in both.items] == [made[4].id, made[3].id]
        assert (await anju.passes.listed((), "", None, 2)).items == []
