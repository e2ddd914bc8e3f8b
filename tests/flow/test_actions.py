"""What people do: entries of the journal that rules see, in their place, also after a crash."""

from __future__ import annotations

from typing import ClassVar

from gateway.flow.rule_engine import NewRules
from gateway.model import (
    ACTION_KINDS,
    Action,
    Clear,
    Command,
    Listing,
    Perform,
    Person,
    Raise,
    Register,
    Resident,
    Severity,
    Words,
)
from gateway.rule import Compound, Rule, RuleSettings
from gateway.store import Store, audit, journal

WORDS = Words("报警", "alarm")


class Siren(Rule):
    """Raises on every alarm, sounds, and falls silent when somebody acknowledges."""

    KINDS = ("zone.alarm", "alert.acknowledged", "register.changed")
    State = list[str]

    def start(self, _held):
        return []

    def on(self, state, event):
        state.append(event.kind)
        if not isinstance(event, Action):
            return [Raise("wall", Severity.HIGH, "wall/n1", WORDS), Perform("siren", "sound")]
        if event.rule == self.name and event.kind == "alert.acknowledged":
            return [Perform("siren", "silence", {"by": event.user}), Clear(event.key, WORDS)]
        return []


class AllSignals(Siren):
    """Names no kinds: is fed every signal, and no action."""

    KINDS = ()
    fed: ClassVar[list[str]] = []

    def on(self, state, event):
        self.fed.append(event.kind)
        return ()


def siren(rule=Siren, name="siren"):
    return rule(name, RuleSettings(), Compound("西子御园", {}, {})), "f1"


async def actions(flow):
    wanted = journal.EventFilter({}, journal.NEVER, 0)
    found = await flow.store.read(lambda c: journal.events(c, wanted, 0, journal.NEVER, 100))
    return [event for event in found if isinstance(event, Action)]


async def test_a_rule_sees_that_an_alert_was_acknowledged(flow_of):
    performed = []

    async def perform(command):
        performed.append((command.action, dict(command.arguments)))

    async with flow_of(siren(), siren(AllSignals, "all"), perform=perform) as flow:
        await flow.say()
        await flow.until(lambda: len(flow.desk.open_alerts()) == 1)
        [alert] = flow.desk.open_alerts()
        after = await flow.desk.step(alert.id, "acknowledge", "王", "在看")
        assert after.state == "acknowledged"
        await flow.until(lambda: len(performed) == 2)
        await flow.until(lambda: any(a.restored_at for a in flow.desk.open_alerts()))
        [action] = await actions(flow)
    assert performed == [("sound", {}), ("silence", {"by": "王"})]
    assert "zone.alarm" in AllSignals.fed
    assert not ACTION_KINDS & set(AllSignals.fed)
    assert (action.kind, action.user, action.alert, action.rule) == ("alert.acknowledged", "王", alert.id, "siren")
    assert "在看" not in str(action.data), "a note may be about a person: it stays in the audit chain"


async def test_every_step_of_a_person_is_in_the_journal_and_the_audit_chain(flow_of):
    async with flow_of(siren()) as flow:
        await flow.say()
        await flow.until(flow.desk.open_alerts)
        [alert] = flow.desk.open_alerts()
        steps = ("acknowledge", "hold", "on-scene", "note", "assign", "close")
        data = {"assign": {"user": "李"}, "close": {"disposition": "real"}}
        for step in steps:
            await flow.desk.step(alert.id, step, "王", "好", data.get(step, {}))
        kinds = [action.kind for action in await actions(flow)]
        assert [step.action for step in await flow.desk.steps(alert.id)] == list(steps)
        assert await flow.store.read(audit.broken_at) is None
    assert kinds == [
        "alert.acknowledged", "alert.held", "alert.on_scene", "alert.noted", "alert.assigned", "alert.closed",
    ]  # fmt: skip


async def test_a_command_is_an_entry_too(flow_of):
    async with flow_of(siren()) as flow:
        await flow.commands.order(Command("door", "unlock", by="王"))
        [action] = await actions(flow)
    assert (action.kind, action.user, action.device, action.data["action"]) == (
        "command.ordered", "王", "door", "unlock",
    )  # fmt: skip


async def test_after_a_crash_rules_are_fed_what_people_did(flow_of, tmp_path):
    """The second life finds no saved state: it is fed its horizon, actions in their place among the signals."""
    async with flow_of(siren()) as flow:
        await flow.say()
        await flow.until(flow.desk.open_alerts)
        await flow.desk.step(flow.desk.open_alerts()[0].id, "acknowledge", "王")
        await flow.say()
        await flow.until(lambda: flow.desk.open_alerts()[0].count == 2)
    async with Store.open(tmp_path) as store:
        await store.write(lambda c: c.execute("DELETE FROM checkpoints") and None)
    fed = []

    class Remembers(Siren):
        def on(self, state, event):
            fed.append(event.kind)
            return super().on(state, event)

    async with flow_of(siren(Remembers)) as flow:
        await flow.until(lambda: len(fed) == 3)
        assert fed == ["zone.alarm", "alert.acknowledged", "zone.alarm"]
        assert [a.count for a in flow.desk.open_alerts()] == [2], "what was decided before is not decided again"


async def test_rules_get_the_register_in_its_place(flow_of):
    registers = [Register()]
    seen = []

    class Asks(Siren):
        def on(self, state, event):
            seen.append((event.kind, len(self.compound.register.persons)))
            return ()

    async with flow_of(siren(Asks), register=lambda: registers[-1]) as flow:
        await flow.say()
        registers.append(Register.of([Resident(Person("p1", "王"), "b1", Listing.RESIDENT)], []))
        await flow.say(source_id="2")
        await flow.intake.act(Action(kind="register.changed", user="", time=flow.intake._clock.now()))
        await flow.say(source_id="3")
        await flow.until(lambda: len(seen) == 4)
    assert seen == [("zone.alarm", 0), ("zone.alarm", 0), ("register.changed", 1), ("zone.alarm", 1)]


async def test_what_changed_is_told_by_the_pipeline_alone(flow_of):
    """Alerts of rules, steps of people and alerts from memory: each reaches the console through the stage `tell`."""
    async with flow_of(siren()) as flow:
        await flow.say()
        await flow.until(lambda: flow.ear.alerts)
        [alert] = flow.desk.open_alerts()
        await flow.desk.step(alert.id, "acknowledge", "王")
        await flow.until(lambda: any(told.state == "acknowledged" for told in flow.ear.alerts))
        flow.desk.memory.storage_failed("full")
        await flow.until(lambda: any(told.rule == "storage" for told in flow.ear.alerts))
        assert flow.desk.changed.take() == []


async def test_new_rules_do_not_hear_actions_of_before(flow_of):
    async with flow_of(siren()) as flow:
        await flow.say()
        await flow.until(flow.desk.open_alerts)
        await flow.desk.step(flow.desk.open_alerts()[0].id, "acknowledge", "王")
        heard = []

        class New(Siren):
            def on(self, state, event):
                heard.append(event.kind)
                return ()

        new = NewRules([siren(), siren(New, "new")])
        await flow.intake.switch_rules(new, lambda c: journal.record_configuration(c, flow.intake._clock.now(), "", ""))
        await new.applied.wait()
        await flow.say(source_id="2")
        await flow.until(lambda: heard)
    assert heard == ["zone.alarm"]
