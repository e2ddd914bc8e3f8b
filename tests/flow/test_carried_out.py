"""Commands of the gateway itself, whose answer is awaited: recorded first, performed once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import CommandFailed, LinkLost, NotRecorded
from gateway.flow.commands import Commands
from gateway.model import Command
from gateway.store import Store

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
SOUND = Command("siren-1", "sound", {"seconds": 5}, "notifier:siren", limit=timedelta(seconds=0.2))


@pytest.fixture
async def carried_out(tmp_path):
    """Carries out by a device of the test's own; gives the result and the signals that tell of it."""
    async with Store.open(tmp_path) as store:

        async def run(device, command=SOUND):
            said = []

            async def report(signal):
                said.append((signal.kind, signal.source_id))
                return len(said)

            commands = Commands(store, lambda: NOW, device, report, None)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(commands.run())
                try:
                    return await commands.carried_out(command), said
                except (LinkLost, CommandFailed) as error:
                    return error, said
                finally:
                    running.cancel()

        run.store = store
        yield run


async def test_the_devices_answer_comes_back_and_is_on_record(carried_out):
    async def device(command):
        return {"level": command.arguments["seconds"]}

    assert await carried_out(device) == ({"level": 5}, [("command.done", SOUND.id)])
    rows = await carried_out.store.read(lambda c: c.execute("SELECT state, by FROM commands").fetchall())
    assert [tuple(row) for row in rows] == [("done", "notifier:siren")]


@pytest.mark.parametrize("error", [LinkLost("away"), CommandFailed("refused")])
async def test_its_refusal_comes_back_as_it_is(carried_out, error):
    async def device(command):
        raise error

    assert await carried_out(device) == (error, [("command.failed", SOUND.id)])


async def test_no_confirmation_in_time_is_a_failure(carried_out):
    async def device(command):
        await asyncio.sleep(30)

    error, said = await carried_out(device)
    assert isinstance(error, CommandFailed)
    assert "no confirmation" in str(error)
    assert said == [("command.failed", SOUND.id)]


async def test_what_is_not_on_record_is_not_sent(tmp_path):
    sent = []

    class Broken:
        async def write(self, unit, *, urgent=False):
            raise NotRecorded("the disk is full")

    commands = Commands(Broken(), lambda: NOW, sent.append, None, None)
    with pytest.raises(NotRecorded):
        await commands.carried_out(SOUND)
    assert sent == []
