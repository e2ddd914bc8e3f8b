"""A gateway that was stopped decides what one that never stopped decides: neither more, nor less, nor otherwise."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from gateway.config.kinds import find_rule, known_kinds
from gateway.flow import pipeline
from gateway.model import Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule
from gateway.store import Store, journal
from gateway.testing.rules import made
from tests.flow.conftest import COMPOUND
from tests.flow.random_streams import LOUD, Day


def story(machine, *but):
    """Each decision with what it was made on."""
    return [
        f"{rule} {decision} {getattr(machine.journal[number - 1], 'id', 'wake')}"
        for number, rule, decision in machine.decided
        if rule not in but
    ]


@pytest.mark.parametrize("seed", range(60))
def test_stopped_at_random_points_every_rule_decides_the_same(seed):
    """Between a checkpoint and later events, with a backlog, with a wake-up under way, around changed settings."""
    straight, stopped = Day(seed).run(stops=False), Day(seed).run(stops=True)
    assert stopped.decided == straight.decided
    assert len({rule for _, rule, _ in straight.decided}) >= 7, "every rule has decided something, one but for chance"


@pytest.mark.parametrize("seed", range(10))
def test_without_a_saved_state_a_rule_knows_what_its_horizon_tells(seed):
    """All but two, whose knowledge is longer than any horizon: who has armed when, and who was told lost together."""
    straight, stopped = Day(seed).run(stops=False), Day(seed).run(stops=True, states=False)
    longer = ("silence", "perimeter")
    assert Counter(story(stopped, *longer)) == Counter(story(straight, *longer))


@pytest.mark.parametrize("kind", known_kinds("rule"))
def test_a_state_is_plain(kind):
    rule = made(find_rule(kind), **LOUD.get(kind, {}))
    adapter, state = TypeAdapter(rule.State), rule.start(frozenset({"c1/lost", "*/wall", "z1/alarm"}))
    assert adapter.validate_json(adapter.dump_json(state, warnings="error")) == state


@dataclass
class Seen:
    """Which doors have opened, in order."""

    doors: list[str] = field(default_factory=list)


class Remembers(Rule):
    """Raises a second after a door opened, and says which have opened so far."""

    KINDS = ("door.opened",)
    State = Seen

    def start(self, held):
        return Seen()

    def on(self, state, event):
        if isinstance(event, Wake):
            words = Words(" ".join(state.doors), "")
            return (Raise(event.key, Severity.LOW, "", words),)
        state.doors.append(event.data["name"])
        return (WakeAt(event.source_id, event.time + timedelta(seconds=1)),)


def remembers(fingerprint="f", **attributes):
    return type("Remembers", (Remembers,), attributes)("r", None, COMPOUND), fingerprint


async def opened(flow, name):
    await flow.say("door.opened", source_id=name, data={"name": name})
    await flow.until(lambda: any(signal.source_id == name for signal in flow.ear.signals))


async def told(flow, name):
    await flow.until(lambda: any(alert.key == name for alert in flow.desk.open_alerts()))
    (alert,) = [alert for alert in flow.desk.open_alerts() if alert.key == name]
    return alert.reason.zh


async def forget_the_journal(folder):
    """So that what a rule knows comes from its state alone."""
    async with Store.open(folder) as store:
        await store.write(lambda c: c.execute("DELETE FROM journal WHERE entry <> 'config'").rowcount)


async def test_a_clean_stop_saves_states_and_wake_ups(flow_of, tmp_path):
    async with flow_of(remembers()) as flow:
        await opened(flow, "a")
    await forget_the_journal(tmp_path)
    async with flow_of(remembers()) as flow:
        assert await told(flow, "a") == "a"
        await opened(flow, "b")
        assert await told(flow, "b") == "a b"


async def test_states_are_saved_now_and_then_and_a_crash_feeds_what_came_after(flow_of, monkeypatch):
    monkeypatch.setattr(pipeline, "CHECKPOINT_S", 0.0)
    monkeypatch.setattr(pipeline, "SAVE_PROGRESS_S", 0.01)
    monkeypatch.setattr(pipeline.Pipeline, "_save_states", lambda _self: asyncio.sleep(0))  # as if killed
    async with flow_of(remembers()) as flow:
        await opened(flow, "a")
        async with asyncio.timeout(5):
            while not await flow.store.read(_saved_after_a):
                await asyncio.sleep(0.01)
        late = Signal(device="n1", kind="door.opened", source_id="b", data={"name": "b"}, received=datetime.now(UTC))
        await flow.store.write(lambda c: journal.record_signal(c, late, timedelta()))
        await flow.store.write(lambda c: c.execute("DELETE FROM journal WHERE source_id = 'a'").rowcount)
    async with flow_of(remembers()) as flow:
        assert await told(flow, "b") == "a b"
        assert await told(flow, "a") in {"a", "a b"}


def _saved_after_a(connection):
    return [row for row in connection.execute("SELECT state FROM checkpoints") if b'"a"' in row["state"]]


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "another"},
        {"VERSION": 2},
        {"spoil": "state = '{'"},
        {"spoil": "wakes = '[]'"},
        {"spoil": "seen = 1000000"},
    ],
    ids=str,
)
async def test_a_state_that_does_not_fit_is_left_out(flow_of, tmp_path, change):
    """Of other settings it knows nothing; else it is fed its horizon again. What was decided is not decided again."""
    async with flow_of(remembers()) as flow:
        await opened(flow, "a")
        assert await told(flow, "a") == "a"
    spoil = change.pop("spoil", None)
    async with Store.open(tmp_path) as store:
        await store.write(lambda c: c.execute(f"UPDATE checkpoints SET {spoil}").rowcount if spoil else 0)
        await store.write(
            lambda c: c.execute("UPDATE journal SET data = '{\"name\":\"A\"}' WHERE source_id = 'a'").rowcount
        )
    async with flow_of(remembers(**change)) as flow:
        await opened(flow, "b")
        assert await told(flow, "b") == ("b" if "fingerprint" in change else "A b")
        assert {alert.key: alert.count for alert in flow.desk.open_alerts()} == {"a": 1, "b": 1}


async def test_a_state_that_can_not_be_saved_stops_nobody(flow_of):
    """A third party's rule that keeps what is not plain is fed its horizon at each start, as the log says."""
    async with flow_of(remembers(start=lambda _self, _held: {"doors": object()}, on=lambda *_: ())) as flow:
        await opened(flow, "a")
        assert await flow.store.read(lambda c: c.execute("SELECT count(*) FROM checkpoints").fetchone()[0]) == 0


async def test_an_alarm_that_comes_while_the_rules_catch_up_is_on_the_screen(flow_of, monkeypatch, tmp_path):
    """From memory, until its rule has decided on it."""
    async with flow_of(remembers()) as flow:
        await opened(flow, "a")
    async with Store.open(tmp_path) as store:
        await store.write(lambda c: c.execute("DELETE FROM checkpoints").rowcount)
    go_on, read = threading.Event(), journal.events

    def slowly(connection, **wanted):
        assert go_on.wait(20)
        return read(connection, **{**wanted, "limit": 1})

    monkeypatch.setattr(journal, "events", slowly)
    monkeypatch.setattr(pipeline, "SHOW_AHEAD_AFTER_S", -1.0)
    panic = type("Panic", (Remembers,), {"KINDS": ("panic.pressed",), "on": _raise_panic, "start": lambda *_: None})
    panic.State = None
    async with flow_of(remembers(), (panic("p", None, COMPOUND), "f")) as flow:
        await flow.say("panic.pressed")
        assert flow.intake.waiting == 1, "nothing is decided yet"
        go_on.set()
        await flow.until(lambda: any(alert.rule == "p" for alert in flow.desk.open_alerts()))
        (ahead, *_) = [alert for alert in flow.ear.alerts if alert.rule == "ahead"]
        assert not ahead.on_record
        assert "规则正在恢复" in ahead.reason.zh
        await flow.until(lambda: all(alert.rule != "ahead" for alert in flow.desk.open_alerts()))
        assert flow.ear.alerts.index(ahead) < next(i for i, a in enumerate(flow.ear.alerts) if a.rule == "p")


def _raise_panic(_self, _state, event):
    return (Raise(event.device, Severity.CRITICAL, "", Words("求助", "panic")),)
