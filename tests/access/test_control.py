"""From the reader's signal to the record and the door."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.access import PassCode, PresentedCredential, control, rows
from gateway.access.passage import Passage
from gateway.access.policy import decide
from gateway.errors import NotRecorded
from gateway.flow import intake
from gateway.flow import rows as flow_rows
from gateway.model import Action
from gateway.store import audit, journal
from tests.access.conftest import READERS, with_cards
from tests.access.doors import ask, register, rules, visitor


async def test_a_card_opens_and_is_on_record_before_the_command(doors_of):
    on_record = []

    async with doors_of(perform=lambda _command: look()) as doors:

        async def look():
            on_record.extend(await doors.log(1))

        await doors.card("4711")
        await doors.until(lambda: on_record)
        [passage], [command] = on_record, doors.opened
        assert (passage.door, passage.kind, passage.granted, passage.person) == ("door", "card", True, "wang")
        assert (command.device, command.action) == ("door", "unlock")
        [signal] = await doors.store.read(lambda c: journal.signals(c, kind="access.granted"))
        assert (signal.device, signal.data["person"], signal.data["code"]) == ("door", "wang", "ok")
        assert signal.data["reason"] == {"zh": "准许通行", "en": "Let in"}


async def test_a_denial_opens_nothing_and_says_why(doors_of):
    async with doors_of() as doors:
        await doors.card("4712")
        await doors.card("9999")
        found = await doors.log(2)
        assert [(one.code, one.person, one.granted) for one in found] == [
            ("not_here", "zhao", False),
            ("unknown", None, False),
        ]
        assert doors.opened == []
        denied = await doors.store.read(lambda c: journal.signals(c, kind="access.denied"))
        assert len(denied) == 2


async def test_no_card_number_is_in_the_record(doors_of, tmp_path):
    async with doors_of(people=lambda store: with_cards(store, n47110815="wang")) as doors:
        await doors.control.present(PresentedCredential("card", "47110815"), "door")
        await doors.log(1)
    assert b"47110815" not in (tmp_path / "anju.db").read_bytes()


async def test_a_driver_that_sends_again_opens_no_door_twice(doors_of):
    async with doors_of() as doors:
        for _ in range(3):
            await doors.card("4711", source_id="7")
        await doors.card("4711", source_id="8")
        found = await doors.log(2)
        await doors.until(lambda: len(doors.opened) == 2)
        assert len(found) == 2


async def test_with_a_full_disk_doors_open_once_and_it_is_written_later(doors_of, full_disk):
    fill, free = full_disk
    async with doors_of() as doors:
        fill()
        for _ in range(3):  # a reader sends until it is taken
            with pytest.raises(NotRecorded):
                await doors.card("4711", source_id="7")
        with pytest.raises(NotRecorded):
            await doors.card("4712", source_id="8")
        await doors.until(lambda: doors.opened)
        await doors.until(lambda: doors.control.unwritten == 2)
        free()
        await doors.card("4711", source_id="7")
        found = await doors.log(2)
        assert [(one.person, one.granted) for one in found] == [("wang", True), ("zhao", False)]
        assert len(doors.opened) == 1


async def test_a_disk_that_hangs_keeps_no_door_shut(doors_of, monkeypatch):
    monkeypatch.setattr(intake, "TELL_ANYWAY_S", 0.05)
    monkeypatch.setattr(control, "PATIENCE_S", 0.05)
    answers = threading.Event()
    async with doors_of() as doors:
        await doors.card("4711", source_id="6")
        await doors.until(lambda: len(doors.opened) == 1)
        doors.store.writer.submit(lambda _connection: answers.wait(20))
        presented = [asyncio.ensure_future(doors.card("4711", source_id=which)) for which in ("6", "7", "7")]
        await doors.until(lambda: len(doors.opened) == 2)
        answers.set()
        await asyncio.gather(*presented)
        assert len(await doors.log(2)) == 2
        assert len(doors.opened) == 2, "what was sent again opened nothing, before the disk answered or after"


async def test_what_is_opened_for_another_is_in_the_audit(doors_of):
    async with doors_of() as doors:
        decision = await doors.control.present(PresentedCredential("remote", "guard"), "door", by="guard")
        assert decision.granted
        steps = await doors.store.read(lambda c: audit.page(c, audit.StepFilter(), None, 10))
        [(_number, step, _hash)] = steps
        assert (step.user, step.action, step.data["device"]) == ("guard", "door-open", "door")
        assert (await doors.log(1))[0].by == "guard"


async def test_two_people_and_one_code_at_once_are_seen_however_close(doors_of):
    made = rules({"readers": READERS, "enters": "yard"}, zones={"yard": {"mode": "hard"}})
    async with doors_of(made) as doors:
        await asyncio.gather(*(doors.card("4711") for _ in range(5)))
        codes = sorted(one.code for one in await doors.log(5))
        assert codes == ["ok", "passback", "passback", "passback", "passback"]
        await doors.until(lambda: len(doors.opened) == 1)


async def test_a_car_in_view_is_decided_once(doors_of):
    async with doors_of() as doors:
        for _ in range(4):
            await doors.say("plate.read", "cam", data={"text": "苏M12345"})
        await doors.card("4711")
        assert [one.kind for one in await doors.log(2)] == ["plate", "card"]


async def test_an_old_message_opens_nothing(doors_of):
    async with doors_of() as doors:
        await doors.card("4711", at=doors.clock.now() - timedelta(minutes=5))
        await doors.card("4711", at=doors.clock.now() - timedelta(seconds=5))
        assert [one.code for one in await doors.log(2)] == ["late", "ok"]


async def test_who_is_inside_and_what_burns_is_known_after_a_restart(doors_of):
    made = rules({"readers": READERS, "enters": "yard"}, zones={"yard": {"mode": "hard"}})
    async with doors_of(made) as doors:
        await doors.card("4711")
        await doors.log(1)
        await doors.say("fire.alarm", "smoke")
        await doors.log(2)
    async with doors_of(made) as doors:
        assert doors.control.state.burning == {"smoke": "b3/u1/1501"}
        await doors.say("fire.restored", "smoke")
        await doors.card("4711")
        assert (await doors.log(3))[-1].code == "passback"


async def test_a_code_that_has_opened_a_door_opens_none_after_a_restart(doors_of):
    people = register(passes=[visitor()])
    async with doors_of(people=lambda _: people) as doors:
        now = doors.clock.now()
        shown = ask("V…", "pass", at=now, code=PassCode("v1", 7))
        people = replace(people, passes={"v1": visitor(since=now - timedelta(hours=1), until=now + timedelta(hours=1))})
        decision = decide(shown, people, rules(), doors.control.state)
        assert decision.granted
        await doors.store.write(lambda c: rows.insert(c, Passage(shown, decision)))
    async with doors_of(people=lambda _: people) as doors:
        later = doors.clock.now()
        for code, window, door in (("code_stale", 6, "door"), ("code_copied", 7, "gate"), ("ok", 8, "door")):
            request = ask("V…", "pass", door, at=later, code=PassCode("v1", window))
            two = rules(doors=[{"device": "door"}, {"device": "gate", "place": "b3/u1"}])
            assert decide(request, people, two, doors.control.state).code == code


async def test_a_card_that_a_crash_left_undecided_is_on_record_as_such(doors_of):
    async with doors_of() as doors:
        doors.intake.listeners.clear()  # the gateway ends between commit and decision
        await doors.card("4711")
    async with doors_of() as doors:
        assert [(one.code, one.granted) for one in await doors.log(1)] == [("cut_off", False)]
        assert doors.opened == []
    async with doors_of() as doors:
        await doors.card("4713")
        assert len(await doors.log(2)) == 2, "told once"


async def test_a_fire_releases_doors_until_it_is_over(doors_of):
    made = rules({"readers": READERS}, fire={"again": "1s"})
    async with doors_of(made) as doors:
        await doors.say("fire.alarm", "smoke")
        await doors.until(lambda: len(doors.opened) >= 2)  # again, for controllers lock by themselves
        await doors.card("9999")
        assert [one.code for one in await doors.log(2)] == ["fire", "fire"]
        doors.control.heard(Action(kind="alert.closed", user="guard", time=doors.clock.now(), device="smoke"))
        await doors.card("9999")
        assert (await doors.log(3))[-1].code == "unknown"


async def test_a_fire_releases_doors_with_a_full_disk(doors_of, full_disk):
    async with doors_of() as doors:
        full_disk[0]()
        with pytest.raises(NotRecorded):
            await doors.say("fire.alarm", "smoke", source_id="1")
        await doors.until(lambda: doors.opened)


async def test_a_command_under_way_at_a_crash_is_reported_and_not_sent_again(doors_of):
    async def hang(_command):
        await asyncio.Event().wait()

    async with doors_of(perform=hang) as doors:
        await doors.card("4711")
        await doors.until(lambda: doors.opened)
        [command] = doors.opened
    async with doors_of() as doors:
        found = await doors.store.read(lambda c: flow_rows.commands_of(c, [command.id]))
        await doors.until(lambda: True)
        async with asyncio.timeout(5):
            while found[command.id]["state"] != "failed":
                found = await doors.store.read(lambda c: flow_rows.commands_of(c, [command.id]))
        assert doors.opened == []


async def test_signals_of_other_devices_are_no_credentials(doors_of):
    async with doors_of() as doors:
        await doors.say("credential.presented", "elsewhere", data={"card": {"number": "4711"}})
        await doors.say("credential.presented", "reader", data={"credential": "**** 4711"})
        await doors.say("door.opened", "door")
        assert doors.control.state.open_doors == {"door"}
        await doors.card("4711")
        assert len(await doors.log(1)) == 1
