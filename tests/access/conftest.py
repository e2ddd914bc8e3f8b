"""Doors with a real store, intake and commands; only what a door does is made up."""

from __future__ import annotations

import asyncio
import resource
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from gateway.access import AccessControl, Links, rows
from gateway.clock import Clock
from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.flow.commands import Commands
from gateway.flow.intake import Intake
from gateway.flow.unrecorded_signals import UnrecordedSignals
from gateway.model import Command, Credential, CredentialKind, Register, Signal
from gateway.people.credential_digest import credential_digest
from gateway.rule import Compound
from gateway.store import Store
from tests.access.doors import LONG_AGO, register, rules

READERS = [{"device": "reader"}, {"device": "cam", "kinds": ["plate"]}]


@dataclass
class Doors:
    """`opened` is what the doors were told."""

    store: Store
    clock: Clock
    intake: Intake
    control: AccessControl
    opened: list[Command] = field(default_factory=list)

    async def card(self, number: str, **more) -> int:
        signal = Signal(device="reader", kind="credential.presented", data={"card": {"number": number}}, **more)
        return await self.intake.accept(signal, timedelta(days=1))

    async def say(self, kind: str, device: str, **more) -> int:
        return await self.intake.accept(Signal(device=device, kind=kind, **more), timedelta(days=1))

    async def log(self, count: int) -> list[rows.LoggedPassage]:
        """The record once it has this many rows, oldest first."""
        found: list[rows.LoggedPassage] = []
        async with asyncio.timeout(5):
            while len(found) < count:
                found = (await self.store.read(lambda c: rows.page(c, None, None, None, 500)))[::-1]
                await asyncio.sleep(0.005)
        return found

    async def until(self, condition) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.005)


def with_cards(store: Store, **people: str) -> Register:
    """Everybody of MEMBERS; the cards by number and person."""
    made = register()
    kind = CredentialKind.CARD
    cards = {
        (kind, credential_digest(store.vault, kind, number.strip("n"))): (
            Credential(f"card-{number}", kind, person, "", LONG_AGO),
        )
        for number, person in people.items()
    }
    return replace(made, credentials=cards)


@pytest.fixture
def doors_of(tmp_path):
    """Opens the doors over the same folder each time, so that a test can end them and start anew."""

    @asynccontextmanager
    async def open_doors(made=None, people=None, perform=None):
        made = made or rules({"readers": READERS})
        clock = Clock()
        async with Store.open(tmp_path) as store:
            unrecorded = UnrecordedSignals(
                UnpersistedAlerts(clock.now, ChangedAlerts()), lambda: Compound("c", {}, {}), clock.now
            )
            intake = Intake(store, clock, unrecorded)
            known = people(store) if people else with_cards(store, n4711="wang", n4712="zhao", n4713="both")
            opened: list[Command] = []

            async def opens(command: Command) -> None:
                opened.append(command)
                if perform is not None:
                    await perform(command)

            async def report(signal):
                return await intake.accept(signal, timedelta(days=1))

            commands = Commands(store, clock.now, opens, report, intake.act)
            control = AccessControl(
                Links(
                    store=store,
                    now=clock.now,
                    register=lambda: known,
                    rules=lambda: made,
                    commit=intake.report_with,
                    send=commands.carry_out_sent,
                    perform=opens,
                )
            )
            intake.listeners.append(control.heard)
            await control.load()
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(work) for work in (control.run(), commands.run(), intake.watch_storage())]
                yield Doors(store, clock, intake, control, opened)
                for task in running:
                    task.cancel()

    return open_doors


@pytest.fixture
def full_disk(tmp_path):
    """From here on no file may grow: the kernel refuses as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        largest = max(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(4096, largest), before[1]))

    def free():
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    yield fill, free
    free()
