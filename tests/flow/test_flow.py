"""From accept to alert, and what is left of it after an end at the wrong moment."""

from __future__ import annotations

import asyncio
import json
import resource
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from gateway.desk.lifecycle import DecisionOnEvent
from gateway.errors import CommandFailed, NotRecorded
from gateway.flow import intake as intake_module
from gateway.flow.commands import from_decision
from gateway.flow.rows import record_command
from gateway.flow.rule_engine import NewRules
from gateway.model import AlertState, Command, Perform, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule
from gateway.store import journal
from tests.flow.conftest import COMPOUND
from tests.support.database_damage import damage_table


class Every(Rule):
    """Raises on every alarm, and rings the bell."""

    KINDS = ("zone.alarm",)

    def on(self, state, event):
        return (
            Raise(event.device, Severity.HIGH, "wall/n1", Words("报警", "alarm")),
            Perform("n1", "sound"),
        )


EVERY = (Every("every", None, COMPOUND), "f")


async def test_an_accepted_alarm_becomes_an_alert_and_a_command(flow_of):
    performed = []

    async def perform(command):
        performed.append(command.action)
        return {"rang": True}

    async with flow_of(EVERY, perform=perform) as flow:
        assert await flow.say() > 0
        await flow.until(lambda: flow.ear.alerts and performed)
        await flow.until(lambda: any(s.kind == "command.done" for s in flow.ear.signals))
    assert performed == ["sound"]
    [done] = [signal for signal in flow.ear.signals if signal.kind == "command.done"]
    assert done.data["rang"] is True
    assert done.data["by"] == "every"


async def test_what_was_accepted_but_not_decided_on_is_decided_after_the_restart(flow_of):
    async with flow_of(EVERY) as flow:
        await flow.say(source_id="1")
        await flow.until(lambda: flow.ear.alerts)
        late = Signal(device="n1", kind="zone.alarm", received=datetime.now(UTC))
        stopped = await flow.store.write(
            lambda c: journal.record_signal(c, late, timedelta())  # the gateway died right after this commit
        )
    async with flow_of(EVERY) as flow:
        await flow.until(lambda: flow.ear.alerts)
        [alert] = flow.desk.open_alerts()
        assert alert.count == 2
        newest, *_ = await flow.desk.signals_of(alert.id, 9)
        assert newest.number == stopped.number
    async with flow_of(EVERY) as flow:
        assert [(a.id, a.count) for a in flow.desk.open_alerts()] == [(alert.id, 2)], "a second restart changes nothing"


async def test_the_camera_at_the_place_gives_the_alert_its_picture(flow_of):
    async with flow_of(EVERY) as flow:
        await flow.say()
        await flow.until(lambda: any(alert.snapshot for alert in flow.ear.alerts))
        [alert] = flow.desk.open_alerts()
        assert flow.store.media.path(alert.snapshot).read_bytes() == b"what cam sees"


@pytest.mark.parametrize("said", ["../../etc/passwd", "a" * 64, {"zh": 1}])
async def test_a_device_can_not_name_a_picture(flow_of, said):
    """Whose it is nobody knows: a stranger's face would stand under its alert."""
    async with flow_of(EVERY) as flow:
        await flow.say(data={"snapshot": said, "zone": 3})
        await flow.until(lambda: flow.ear.signals)
        assert flow.ear.signals[0].data == {"zone": 3}
        [kept] = await flow.store.read(lambda c: journal.signals(c, kind="zone.alarm"))
        assert kept.data == {"zone": 3}
        await flow.say(data={"snapshot": said}, picture=b"its own")
        await flow.until(lambda: [one.kind for one in flow.ear.signals].count("zone.alarm") == 2)
        [*_, pictured] = [one for one in flow.ear.signals if one.kind == "zone.alarm"]
        assert flow.store.media.path(pictured.data["snapshot"]).read_bytes() == b"its own"


async def test_a_burst_is_taken_whole_and_alarms_go_first(flow_of, monkeypatch):
    monkeypatch.setattr(intake_module, "MAX_WAITING", 500)
    async with flow_of(EVERY) as flow:
        burst = [flow.say("door.opened", source_id=str(n)) for n in range(3000)]
        numbers = asyncio.gather(*burst)
        alarm = await flow.say("zone.alarm")
        assert alarm <= 1001, "it waited for the group that was being committed, and for nobody else"
        assert len(set(await numbers)) == 3000
        await flow.until(lambda: flow.intake.waiting == 0)


@pytest.mark.parametrize("said", [{"data": {"text": "\ud800", "no": float("inf")}}, {"source_id": "\udfff"}])
async def test_words_that_no_record_can_hold_cost_no_alarm(flow_of, said):
    async with flow_of(EVERY) as flow:
        assert await flow.say(**said) > 0
        await flow.until(lambda: flow.ear.alerts)
    [signal] = [signal for signal in flow.ear.signals if signal.is_alarm]
    json.dumps([dict(signal.data), signal.source_id], ensure_ascii=False, allow_nan=False).encode()


async def test_only_sightings_are_dropped(flow_of, monkeypatch):
    monkeypatch.setattr(intake_module, "MAX_WAITING_WITH_SIGHTINGS", 10)
    async with flow_of() as flow:
        numbers = await asyncio.gather(
            *(flow.say("motion.started") for _ in range(50)), *(flow.say("door.opened") for _ in range(50))
        )
        assert 0 in numbers[:50]
        assert 0 not in numbers[50:]
        assert flow.intake.dropped_sightings == numbers.count(0)


async def test_a_driver_cancelled_while_it_waits_loses_no_signal(flow_of):
    async with flow_of(EVERY) as flow:
        waiting = asyncio.get_running_loop().create_task(flow.say())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await flow.until(waiting.done)
        await flow.store.write(lambda _connection: None)  # whatever was queued before this is committed
        kept = [s for s in await flow.store.read(journal.signals) if s.kind == "zone.alarm"]
        assert waiting.cancelled()
        assert len(kept) == 1
        await flow.until(lambda: len(flow.desk.open_alerts()) == 1)


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


async def test_a_full_disk_does_not_silence_an_alarm(flow_of, full_disk):
    fill, free = full_disk
    async with flow_of(EVERY) as flow:
        fill()
        with pytest.raises(NotRecorded):
            await flow.say(source_id="7")
        shown = {alert.rule: alert for alert in flow.desk.open_alerts()}
        assert {rule: alert.on_record for rule, alert in shown.items()} == {"storage": False, "unrecorded": False}
        assert all(alert.severity is Severity.CRITICAL for alert in shown.values())
        assert "北围墙1段" in shown["unrecorded"].reason.zh
        await flow.desk.step(shown["unrecorded"].id, "acknowledge", "王")
        free()
        await flow.until(lambda: any(alert.rule == "every" for alert in flow.desk.open_alerts()))
        alerts = {alert.rule: alert for alert in flow.desk.open_alerts()}
        assert alerts["every"].on_record
        assert alerts["every"].state is AlertState.NEW, "what is on record is acknowledged on record"
        assert "unrecorded" not in alerts
        await flow.until(lambda: any(s.kind == "storage.restored" for s in flow.ear.signals))
        again = await flow.say(source_id="7")
        assert again == (await flow.desk.signals_of(alerts["every"].id, 9))[0].number, "the device's resend is known"


async def test_a_command_found_after_a_crash_is_reported_and_not_performed(flow_of):
    started = asyncio.Event()

    async def hang(_command):
        started.set()
        await asyncio.Event().wait()

    async with flow_of(perform=hang) as flow:
        await flow.commands.order(Command("n1", "unlock", by="王"))
        await started.wait()
    performed = []

    async def perform(command):
        performed.append(command)

    async with flow_of(perform=perform) as flow:
        await flow.until(lambda: any(s.kind == "command.failed" for s in flow.ear.signals))
    assert performed == []


async def test_a_spoilt_record_does_not_silence_an_alarm(flow_of, tmp_path):
    async with flow_of(EVERY):
        pass
    damage_table(tmp_path / "anju.db", "journal_source")
    async with flow_of(EVERY) as flow:
        with pytest.raises(NotRecorded):
            await flow.say(source_id="7")
        assert {alert.rule for alert in flow.desk.open_alerts()} == {"storage", "unrecorded"}


class PerDevice(Every):
    """An alert for each source id; and one a moment after the first."""

    def on(self, state, event):
        if isinstance(event, Wake):
            return (Raise("late", Severity.HIGH, "wall/n1", Words("延时", "after a delay")),)
        raising = Raise(event.source_id, Severity.CRITICAL, "wall/n1", Words("报警", "alarm"))
        return (raising, WakeAt("late", event.time + timedelta(milliseconds=1)))


async def test_alarms_whose_decisions_can_not_be_written_are_all_on_every_screen(flow_of):
    """Each is acknowledged, for it is in the journal: one that can't be decided on must not hide those behind it."""
    async with flow_of((PerDevice("every", None, COMPOUND), "f")) as flow:
        no = "CREATE TRIGGER no BEFORE INSERT ON alerts BEGIN SELECT no_such_function(); END"
        await flow.store.write(lambda c: c.execute(no) and None)
        for n in range(3):
            assert await flow.say(source_id=f"{n}")
        await flow.until(lambda: {"0", "1", "2", "late", "disk"} <= {a.key for a in flow.desk.open_alerts()})
        listed, _ = await flow.desk.page(["new"], None, 10)
        assert {a.key: a.on_record for a in listed} == dict.fromkeys(("0", "1", "2", "late", "disk"), False)
        await flow.store.write(lambda c: c.execute("DROP TRIGGER no") and None)
        await flow.until(lambda: all(a.on_record or a.restored_at for a in flow.desk.open_alerts()))


async def test_a_wake_up_that_can_not_be_written_wakes_its_rule(flow_of):
    """An entry delay ends whatever the disk does."""
    async with flow_of((PerDevice("every", None, COMPOUND), "f")) as flow:
        no = (
            "CREATE TRIGGER no BEFORE INSERT ON journal WHEN new.entry = 'wake' BEGIN SELECT json('{'); END",
            "DROP TRIGGER no",
        )
        await flow.store.write(lambda c: c.execute(no[0]) and None)
        await flow.say(source_id="0")
        await flow.until(lambda: any(a.key == "late" for a in flow.desk.open_alerts()))
        await flow.store.write(lambda c: c.execute(no[1]) and None)
        await asyncio.sleep(0.3)
        assert sum(a.key == "late" for a in flow.desk.open_alerts()) == 1


class Once(Every):
    """Its setting is called between signal and decision."""

    def on(self, state, event):
        self.settings()
        return (Raise("n1", Severity.HIGH, "wall/n1", Words("报警", "alarm")),)


async def test_a_disk_that_failed_a_decision_alone_is_told_to_be_well_again(flow_of, full_disk):
    fill, free = full_disk

    async with flow_of((Once("once", fill, COMPOUND), "f")) as flow:
        await flow.say(source_id="7")
        await flow.until(lambda: any(alert.rule == "storage" for alert in flow.desk.open_alerts()))
        free()
        await flow.until(lambda: any(alert.rule == "once" for alert in flow.desk.open_alerts()))
        await flow.until(lambda: all(alert.restored_at for alert in flow.desk.open_alerts() if alert.rule == "storage"))


async def test_a_command_is_performed_once_however_often_it_is_found(flow_of):
    performed = []

    async def perform(command):
        performed.append(command.id)

    first, second = Command("n1", "unlock", by="王"), Command("n1", "unlock", by="王")
    async with flow_of(perform=perform) as flow:
        await flow.commands.order(first)
        flow.commands.carry_out(first)
        await flow.commands.order(second)
        await flow.until(lambda: [s.kind for s in flow.ear.signals].count("command.done") == 2)
    assert performed == [first.id, second.id]


def test_two_decisions_on_one_event_that_differ_are_two_commands():
    event = Signal(device="n1", kind="zone.alarm", number=7, received=datetime.now(UTC))
    long, short, again = (
        from_decision(DecisionOnEvent("r", decision, event), decision)
        for decision in (Perform("n1", "sound", {"seconds": s}) for s in (60, 5, 60))
    )
    assert long.id == again.id != short.id


@pytest.mark.parametrize(
    ("ago", "performed"), [(timedelta(seconds=-600), []), (timedelta(seconds=2), ["unlock"])], ids=["behind", "right"]
)
async def test_a_clock_set_back_by_the_crash_opens_no_door(flow_of, ago, performed):
    """A machine without a battery starts with an old time: how long ago a command was given is not known then."""
    async with flow_of() as flow:
        given = Command("n1", "unlock", by="王")
        await flow.store.write(lambda connection: record_command(connection, given, datetime.now(UTC) - ago))
    done = []

    async def perform(command):
        done.append(command.action)

    async with flow_of(perform=perform) as flow:
        await flow.until(lambda: any(s.kind in {"command.failed", "command.done"} for s in flow.ear.signals))
    assert done == performed


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (CommandFailed("the strike is jammed"), "the strike is jammed"),
        (CommandFailed(Words("电锁卡住", "the strike is jammed")), {"zh": "电锁卡住", "en": "the strike is jammed"}),
        (TimeoutError(), {"zh": "设备没有在规定时间内确认", "en": "no confirmation within the time limit"}),
        (OSError(113, "No route"), {"zh": "网络不通，请检查供电和网线", "en": "[Errno 113] No route"}),
    ],
)
async def test_a_command_that_fails_says_why(flow_of, error, why):
    async def perform(_command):
        raise error

    async with flow_of(perform=perform) as flow:
        await flow.commands.order(Command("n1", "unlock", by="王"))
        await flow.until(lambda: any(s.kind == "command.failed" for s in flow.ear.signals))
        [failed] = [s for s in flow.ear.signals if s.kind == "command.failed"]
        assert failed.data["why"] == why
        assert failed.data["by"] == "王"


class Named(Every):
    """Raises under a key of its own, so that one sees who decided."""

    KINDS = ("x.pressed",)

    def on(self, state, event):
        return (Raise(f"{self.settings} {event.source_id}", Severity.HIGH, "wall/n1", Words("报警", "alarm")),)


async def test_each_event_is_decided_by_the_rules_of_its_place_in_the_journal(flow_of):
    """Alarms and changed rules are submitted all at once; the journal says what came first."""
    async with flow_of() as flow, asyncio.TaskGroup() as tasks:
        for turn in range(10):
            rules = NewRules([(Named("named", turn, COMPOUND), f"f{turn}")])
            row = partial(journal.record_configuration, at=datetime.now(UTC), fingerprint=str(turn), text="")
            tasks.create_task(flow.intake.switch_rules(rules, row))
            for number in range(20):
                tasks.create_task(flow.say("x.pressed", source_id=f"{turn}.{number}"))
        await rules.applied.wait()
        await flow.until(lambda: flow.intake.waiting == 0)
        story = await flow.store.read(_story)
        await flow.until(lambda: len(flow.desk.open_alerts()) == len(story))  # the last may wait for the witness
    async with flow_of() as flow:
        alerts = {alert.key for alert in flow.desk.open_alerts()}
    assert alerts == story
    assert len({key.partition(" ")[0] for key in alerts}) > 3, "rules changed between the alarms"


def _story(connection):
    """Which rule each alarm of the journal belongs to: the last one before it."""
    turn, keys = "", set()
    for row in connection.execute("SELECT entry, source_id, data FROM journal ORDER BY number"):
        if row["entry"] == "config":
            turn = json.loads(row["data"])["fingerprint"]
        elif turn:
            keys.add(f"{turn} {row['source_id']}")
    return keys
