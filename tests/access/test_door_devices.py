"""PINs, codes, faces and guards' commands at doors with a real store, intake and commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.access.remote_opening import OpeningRefused, RemoteOpening
from gateway.errors import NotRecorded
from gateway.flow.commands import Commands
from gateway.model import Command, Credential, CredentialKind, Signal, Words
from gateway.people.credential_digest import credential_digest
from gateway.store import journal
from tests.access.conftest import READERS, with_cards
from tests.access.doors import LONG_AGO, rules

PIN = "471908"
DOORS = [
    {"device": "door", "readers": [*READERS, {"device": "face-cam"}], "open": {"arguments": {"seconds": 5}}},
    {"device": "gate", "kinds": ["card"]},
    {"device": "lift", "open": {"device": "board", "arguments": {"port": 1}}},
    {"device": "garage", "open": {"device": "board", "arguments": {"port": 2}}, "interlock": ["lift"]},
]


def with_pin(store):
    made = with_cards(store, n4711="wang")
    kind = CredentialKind.PIN
    pin = Credential("pin-wang", kind, "wang", "", LONG_AGO)
    return replace(made, credentials={**made.credentials, (kind, credential_digest(store.vault, kind, PIN)): (pin,)})


def pin(digits: str = PIN) -> Signal:
    data = {"digits": len(digits)}
    return Signal(device="reader", kind="pin.entered", data=data, secret=digits, fresh=True)


async def test_a_pin_opens_and_no_rule_or_journal_gets_it(doors_of):
    async with doors_of(rules(doors=DOORS), with_pin) as it:
        heard = []
        it.intake.listeners.append(heard.append)
        await it.intake.accept(pin(), timedelta())
        [entry] = await it.log(1)
        assert (entry.kind, entry.granted, entry.person) == ("pin", True, "wang")
        await it.until(lambda: it.opened)
        events = await it.intake.take(10, 1)
        assert [event.secret for event in events if isinstance(event, Signal)] == [None] * len(events)
        assert PIN not in repr(events)
        assert [one.secret for one in heard if isinstance(one, Signal) and one.kind == "pin.entered"] == [PIN]
        assert it.intake._secrets == {}
        assert all(one.secret is None for one in await it.store.read(lambda c: journal.signals(c, device="reader")))


async def test_a_pin_opens_once_with_a_full_disk(doors_of, full_disk):
    fill, free = full_disk
    async with doors_of(rules(doors=DOORS), with_pin) as it:
        fill()
        signal = pin()
        for again in (signal, replace(signal, secret=None)):  # as the driver sends it until it is taken
            with pytest.raises(NotRecorded):
                await it.intake.accept(again, timedelta())
        await it.until(lambda: it.opened)
        free()
        await it.intake.accept(replace(signal, secret=None), timedelta())
        [entry] = await it.log(1)
        assert (entry.kind, entry.granted, len(it.opened)) == ("pin", True, 1)


async def test_a_face_at_the_doors_camera_presents_itself(doors_of):
    async with doors_of(rules(doors=DOORS)) as it:
        await it.say("face.matched", "face-cam", data={"person": "wang", "distance": 0.3})
        await it.say("face.matched", "face-cam", data={"person": "zhao", "distance": 0.3})
        await it.say("face.unknown", "face-cam", data={"person": None})
        wang, zhao = await it.log(2)
        assert [(one.kind, one.person, one.granted) for one in (wang, zhao)] == [
            ("face", "wang", True),
            ("face", "zhao", False),
        ]


def opening(it, made) -> RemoteOpening:
    async def nothing(_command):
        return None

    async def report(signal):
        return await it.intake.accept(signal, timedelta(days=1))

    commands = Commands(it.store, it.clock.now, nothing, report, it.intake.act)
    return RemoteOpening(it.control, lambda: made, commands.order_with, it.intake.act, report)


async def test_a_guards_command_is_decided_and_in_the_record_with_its_audit(doors_of):
    made = rules(doors=DOORS)
    async with doors_of(made) as it:
        remote = opening(it, made)
        command = Command("door", "unlock", {"seconds": 9}, by="guard", reason="快递")
        await remote.order(command)
        await remote.order(Command("siren", "sound", by="guard"))  # no door: as ever
        [entry] = await it.log(1)
        assert (entry.kind, entry.by, entry.code, entry.door, entry.granted) == (
            "remote",
            "guard",
            "remote",
            "door",
            True,
        )
        steps = await it.store.read(lambda c: c.execute("SELECT action, user FROM steps ORDER BY number").fetchall())
        assert [tuple(step) for step in steps] == [("command:unlock", "guard"), ("command:sound", "guard")]
        [told] = await it.store.read(lambda c: journal.signals(c, kind="access.granted"))
        assert (told.device, told.data["credential"], told.data["by"]) == ("door", "remote", "guard")


async def test_a_command_that_the_decision_refuses_is_not_ordered_and_says_why(doors_of):
    made = rules(doors=DOORS)
    async with doors_of(made) as it:
        remote = opening(it, made)
        with pytest.raises(OpeningRefused) as refused:
            await remote.order(Command("gate", "unlock", by="guard"))
        assert refused.value.words == Words("该门不接受这种凭证", "This door does not take this kind of credential")
        [entry] = await it.log(1)
        assert (entry.kind, entry.granted, entry.door, entry.by) == ("remote", False, "gate", "guard")
        assert await it.store.read(lambda c: c.execute("SELECT count(*) FROM commands").fetchone()[0]) == 0


async def test_a_controller_of_two_doors_is_told_which_one(doors_of):
    made = rules(doors=DOORS)
    async with doors_of(made) as it:
        remote = opening(it, made)
        for port in (2, 1):
            await remote.order(Command("board", "unlock", {"port": port, "seconds": 5}, by="guard"))
        assert [one.door for one in await it.log(2)] == ["garage", "lift"]
        await it.say("door.opened", "lift")
        with pytest.raises(OpeningRefused):  # the interlock
            await remote.order(Command("board", "unlock", {"port": 2}, by="guard"))
        await remote.order(Command("board", "unlock", {"port": 3}, by="guard"))  # no door of access.yaml
        assert [(one.door, one.code) for one in await it.log(3)][2:] == [("garage", "interlock")]
