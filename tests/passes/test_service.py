"""Passes on a real store: sealed, counted once, and still right after a crash."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.config.residents import VisitorSection
from gateway.errors import Conflict, NotFound, NotRecorded
from gateway.passes.codes import VerifiedCode, code_text, window_at
from gateway.passes.draft import PassDraft
from gateway.passes.service import Passes
from gateway.passes.upkeep import PassUpkeep
from gateway.store import Store

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
DRAFT = PassDraft("b3/u1/1502", "韩梅梅", NOW, NOW + timedelta(hours=2), plate="苏M55555", host="p1")
DOORS = ("east", "lobby")


class Bench:
    """The service, and what it says."""

    def __init__(self, store, **settings) -> None:
        self.now, self.store = NOW, store
        self.signals, self.actions, self.shown = [], [], {}
        self.settings = VisitorSection.model_validate(settings)
        zone = ZoneInfo("Asia/Shanghai")
        self.passes = Passes(
            store, lambda: self.now, lambda: (self.settings, zone), self.emit, self.act, self.show, "anju"
        )

    async def emit(self, one):
        self.signals.append(one)
        return len(self.signals)

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
        assert (one.doors, one.uses, one.used) == (DOORS, 60, 0)
        window = window_at(NOW)
        text = code_text(anju.passes.at_door.key, one.id, window)
        assert anju.passes.at_door.verify(text, NOW) == VerifiedCode(one.id, window)
        assert anju.passes.at_door.refusal(one, "east", NOW) is None
        [action] = anju.actions
        assert (action.kind, action.user, action.place) == ("pass.created", "resident:p1", "b3/u1/1502")


async def test_names_plates_and_tokens_are_sealed(tmp_path):
    async with bench(tmp_path) as anju:
        made = await anju.passes.create(DRAFT, "guard", DOORS)
        await anju.passes.at_door.used(made.its.id, "east", NOW, 1)
        told = repr([anju.actions, anju.signals])
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
        refused = anju.passes.at_door.refusal(anju.shown[one.id], "east", NOW)
        assert refused is not None
        assert refused.code == "revoked"
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


async def test_the_same_code_is_one_use_and_two_doors_dont_share_the_last(tmp_path):
    async with bench(tmp_path) as anju:
        one = await anju.make(uses=1)
        door = anju.passes.at_door

        async def present(where, window):
            if door.refusal(anju.shown[one.id], where, NOW) is not None:
                return False
            return await door.used(one.id, where, NOW, window)

        assert await asyncio.gather(present("east", 7), present("lobby", 8), present("east", 7)) == [True, False, False]
        assert anju.shown[one.id].used == 1
        found = await anju.passes.one(one.id)
        assert found is not None
        assert found.its.used == 1
        [signal_of_use] = anju.signals
        assert signal_of_use.data["kind_name"] == {"zh": "访客", "en": "Visitor"}


async def test_a_use_is_counted_with_the_decision_or_not_at_all(tmp_path):
    async with bench(tmp_path) as anju:
        one = await anju.make()
        use = anju.passes.at_door.begin_use(one.id, "east", NOW, 7)
        assert use is not None

        def decision(connection):
            use.unit(connection)
            raise Conflict("the decision can't be recorded")

        with pytest.raises(Conflict):
            await anju.store.write(decision)
    async with bench(tmp_path) as again:
        assert again.shown[one.id].used == 0


async def test_a_broken_disk_counts_all_the_same_and_gets_it_later(tmp_path, monkeypatch):
    async with bench(tmp_path) as anju:
        one = await anju.make(uses=1)
        write = anju.store.write

        async def full(*_unit, **_options):
            raise NotRecorded("disk full")

        monkeypatch.setattr(anju.store, "write", full)
        assert await anju.passes.at_door.used(one.id, "east", NOW, 7)
        refused = anju.passes.at_door.refusal(anju.shown[one.id], "east", NOW)
        assert refused is not None
        assert refused.code == "used_up"
        monkeypatch.setattr(anju.store, "write", write)
        await anju.passes.at_door.write_pending()
    async with bench(tmp_path) as again:
        assert again.shown[one.id].used == 1


async def test_after_a_restart_a_used_code_is_known_and_rules_hear_of_it_again(tmp_path):
    async with bench(tmp_path) as anju:
        one = await anju.make()
        await anju.passes.at_door.used(one.id, "east", NOW, 7)
        told = anju.signals
    async with bench(tmp_path) as again:
        fault = again.passes.at_door.copied(VerifiedCode(one.id, 7), "lobby", NOW + timedelta(seconds=20))
        assert fault is not None
        assert fault.code == "copied"
        assert not await again.passes.at_door.used(one.id, "east", NOW, 7)
        # The same id and body: the journal takes it for the one it has.
        assert [(each.source_id, each.data) for each in again.signals] == [(each.source_id, each.data) for each in told]


CHILD = """
import asyncio, sys
from pathlib import Path
from tests.passes.test_service import bench, NOW
from datetime import timedelta
async def main():
    async with bench(Path(sys.argv[1])) as anju:
        one = await anju.make(kind="helper")
        print(one.id, flush=True)
        for number in range(100_000):
            if await anju.passes.at_door.used(one.id, "east", NOW + timedelta(seconds=number), number):
                print(number, flush=True)
asyncio.run(main())
"""


async def test_a_killed_gateway_has_lost_no_use_and_doubled_none(tmp_path):
    """What was answered is on record; at most the one that was under way is there beside it."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pass_id = child.stdout.readline().strip()
    answered = [int(child.stdout.readline()) for _ in range(150)]
    os.kill(child.pid, signal.SIGKILL)
    answered += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    child.wait(30)
    child.stdout.close()
    async with bench(tmp_path) as again:
        assert len(answered) <= again.shown[pass_id].used <= len(answered) + 1
        for window in answered:
            assert not await again.passes.at_door.used(pass_id, "east", NOW + timedelta(seconds=window), window)
        rows = await again.store.read(
            lambda connection: connection.execute("SELECT code_window FROM pass_uses ORDER BY 1").fetchall()
        )
        assert [row[0] for row in rows][: len(answered)] == answered


async def test_who_moves_out_invites_nobody_any_more(tmp_path):
    async with bench(tmp_path) as anju:
        theirs, counter = await anju.make(), await anju.make(host="")
        upkeep = PassUpkeep(anju.passes, anju.store, lambda: anju.now, lambda person, at: ("b3/u1/1502",))
        await upkeep.check()
        assert not any(one.revoked_at for one in anju.shown.values())
        upkeep = PassUpkeep(anju.passes, anju.store, lambda: anju.now, lambda person, at: ())
        await upkeep.check()
        assert anju.shown[theirs.id].revoked_at == NOW
        assert anju.shown[counter.id].revoked_at is None


async def test_old_passes_are_deleted_with_their_uses(tmp_path):
    async with bench(tmp_path, keep="7d") as anju:
        one = await anju.make()
        await anju.passes.at_door.used(one.id, "east", NOW, 7)
        upkeep = PassUpkeep(anju.passes, anju.store, lambda: anju.now, lambda person, at: ("b3/u1/1502",))
        anju.now = NOW + timedelta(days=2)
        await upkeep.check()
        assert one.id not in anju.shown  # over for a day: doors have forgotten it
        assert await anju.passes.one(one.id) is not None
        anju.now = NOW + timedelta(days=8)
        await upkeep.check()
        assert await anju.passes.one(one.id) is None
        left = await anju.store.read(lambda connection: connection.execute("SELECT count(*) FROM pass_uses").fetchone())
        assert left[0] == 0


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
