"""Answers at readers, wrong PINs, what signals present, controllers' reports, lists that are not confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.access import AccessCode, AccessDecision, rows
from gateway.access.controller_reports import ControllerReports
from gateway.access.list_sender import AWAY, Links, ListSender
from gateway.access.passage import Passage
from gateway.access.reader_answers import ReaderAnswers
from gateway.access.readings import reading
from gateway.access.reasons import reason_of
from gateway.access.wrong_pins import MOST, WITHIN, WrongPins
from gateway.errors import CommandFailed, LinkLost
from gateway.model import AccessList, Signal
from gateway.store import Store
from tests.access.doors import NOW, ask, register, rules

PEOPLE, RULES = register(), rules()
"""Snapshots, as the gateway holds them."""


def decided(code: AccessCode, reader: str = "keypad") -> Passage:
    return Passage(ask("1", reader=reader), AccessDecision(code, reason_of(code)))


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (AccessCode.OK, "grant"),
        (AccessCode.UNKNOWN, "deny"),
        (AccessCode.FIRE, "grant"),
        (AccessCode.SECOND_PERSON, "led"),
    ],
)
async def test_the_reader_shows_what_was_decided(code: AccessCode, action: str) -> None:
    sent: asyncio.Queue[Any] = asyncio.Queue()

    async def perform(command):
        sent.put_nowait(command)

    actions = {"keypad": {"grant": frozenset[str](), "deny": frozenset[str](), "led": frozenset({"color"})}}
    answers = ReaderAnswers(lambda device: actions.get(device, {}), perform)
    running = asyncio.ensure_future(answers.run())
    answers.decided(decided(code, reader="camera"))  # it has no light
    answers.decided(decided(code, reader=""))
    answers.decided(decided(code))
    command = await asyncio.wait_for(sent.get(), 5)
    assert (command.device, command.action) == ("keypad", action)
    assert sent.empty()
    running.cancel()
    await asyncio.wait([running])


def test_a_keypad_takes_no_pin_for_a_while_after_five_wrong_ones() -> None:
    wrong, unknown = WrongPins(), AccessDecision(AccessCode.UNKNOWN, reason_of(AccessCode.UNKNOWN))
    right = AccessDecision(AccessCode.OK, reason_of(AccessCode.OK))
    for second in range(MOST):
        assert wrong.limited("keypad", unknown, NOW + timedelta(seconds=second)) is unknown
    assert wrong.limited("keypad", right, NOW + timedelta(seconds=9)).code is AccessCode.TOO_MANY
    assert wrong.limited("other", right, NOW + timedelta(seconds=9)) is right
    fire = AccessDecision(AccessCode.FIRE, reason_of(AccessCode.FIRE))
    assert wrong.limited("keypad", fire, NOW + timedelta(seconds=9)) is fire
    assert wrong.limited("keypad", right, NOW + WITHIN) is right


def test_what_signals_present() -> None:
    def presented(kind: str, secret: str | None = None, **data: Any) -> tuple[str, str] | None:
        found = reading(Signal(device="r", kind=kind, data=data, secret=secret))
        return (found.kind, found.value) if found else None

    assert presented("credential.presented", card={"number": 24960, "facility": 110}) == ("card", "110,24960")
    assert presented("pin.entered", "4719", digits=4) == ("pin", "4719")
    assert presented("pin.entered", digits=4) is None  # read from the record, which has no PIN
    assert presented("code.read", "VABC", format="QRCode") == ("pass", "VABC")
    assert presented("plate.read", text="苏M5K628") == ("plate", "苏M5K628")
    assert presented("face.matched", person="wang") == ("face", "wang")
    assert presented("face.unknown", person=None) is None


async def test_a_controllers_report_is_in_the_record_once(tmp_path) -> None:
    async with Store.open(tmp_path) as store:
        reports = ControllerReports(store, lambda: RULES, lambda: PEOPLE, {"door"}.__contains__)
        running = asyncio.ensure_future(reports.run())
        at, received = NOW - timedelta(hours=2), NOW
        granted = Signal(
            device="door",
            kind="access.granted",
            at=at,
            received=received,
            number=7,
            data={"door": "door", "credential": "card", "entry": "card-wang@door"},
        )
        reason = {"zh": "不在名单", "en": "not listed"}
        denied = replace(
            granted, kind="access.denied", id="s-2", number=8, data={"door": "nowhere", "entry": 5, "reason": reason}
        )
        for signal in (
            granted,
            granted,
            replace(granted, number=None),
            replace(granted, device="lock", id="s-3"),
            denied,
        ):
            reports.heard(signal)
        async with asyncio.timeout(10):
            while len(found := await store.read(lambda c: rows.page(c, None, None, None, 9))) < 2:
                await asyncio.sleep(0.01)
        second, first = found
        assert (first.at, first.door, first.kind, first.granted, first.person) == (at, "door", "card", True, "wang")
        assert (first.code, first.reader) == ("controller", "door")
        assert (second.code, second.door, second.person) == ("controller_refused", "door", None)
        assert second.reason.en == "Refused by the controller (not listed)"
        running.cancel()
        await asyncio.wait([running])


@dataclass
class Controllers:
    """Controllers that take lists, refuse them or are away; `now` is the time."""

    now: Any = NOW
    error: Exception | None = None
    held: list[AccessList] = field(default_factory=list)
    reported: list[tuple[str, str]] = field(default_factory=list)

    async def load(self, _controller: str, new: AccessList) -> None:
        if self.error is not None:
            raise self.error
        self.held.append(new)

    async def report(self, signal: Signal) -> int:
        self.reported.append((signal.device, signal.kind))
        return len(self.reported)


@asynccontextmanager
async def sender(folder) -> AsyncIterator[tuple[Controllers, ListSender]]:
    made = Controllers()
    async with Store.open(folder) as store:
        yield (
            made,
            ListSender(
                Links(
                    store=store,
                    now=lambda: made.now,
                    rules=lambda: RULES,
                    register=lambda: PEOPLE,
                    controllers=lambda: ["door"],
                    load=made.load,
                    report=made.report,
                )
            ),
        )


async def test_a_list_that_is_refused_is_reported_once_and_its_end_too(tmp_path) -> None:
    async with sender(tmp_path) as (made, lists):
        await lists.send()
        assert (len(made.held), made.reported) == (1, [])
        made.error = CommandFailed("memory full")
        for _ in range(3):
            await lists.send()
        assert made.reported == [("door", "device.faulted")]
        made.error = None
        for _ in range(2):
            await lists.send()
        assert made.reported == [("door", "device.faulted"), ("door", "device.restored")]
        assert made.held[0] is made.held[-1]  # made once: nothing had changed


async def test_one_that_is_away_is_reported_only_when_it_stays_away(tmp_path) -> None:
    async with sender(tmp_path) as (made, lists):
        made.error = LinkLost("not connected")
        await lists.send()
        assert made.reported == []
        made.now += AWAY
        await lists.send()
        assert made.reported == [("door", "device.faulted")]
