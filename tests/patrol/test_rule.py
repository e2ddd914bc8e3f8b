"""The rule over rounds: what is raised, when it ends, and that a stop in between changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from gateway.model import Clear, Raise, Signal, Wake, WakeAt
from gateway.patrol.rule import PatrolRule, PatrolState
from gateway.testing.rules import COMPOUND
from tests.patrol.rounds import PLAN, at, opened, scanned

K = PLAN.key


class Night:
    """Feeds the rule events and due wake-ups; `stops` passes its state through JSON after every event."""

    def __init__(self, stops: bool = False) -> None:
        self.rule, self.stops = PatrolRule(COMPOUND), stops
        self.state = self.rule.start(frozenset())
        self.wakes, self.decided = {}, []

    def feed(self, event) -> None:
        for decision in self.rule.on(self.state, event):
            if isinstance(decision, WakeAt):
                self.wakes.pop(decision.key, None)
                if decision.time is not None:
                    self.wakes[decision.key] = decision.time
            else:
                self.decided.append(decision)
        if self.stops:
            adapter = TypeAdapter(PatrolState)
            self.rule = PatrolRule(COMPOUND)
            self.state = adapter.validate_json(adapter.dump_json(self.state, warnings="error"))

    def run(self, events: Sequence[Signal], until: float) -> list[str]:
        for event in events:
            self.pass_until(event.time)
            self.feed(event)
        self.pass_until(at(until))
        return [f"{type(one).__name__.lower()} {one.key.removeprefix(f'{K}/')}" for one in self.decided]

    def pass_until(self, time) -> None:
        while self.wakes and min(self.wakes.values()) <= time:
            key = min(self.wakes, key=lambda name: (self.wakes[name], name))
            self.feed(Wake("patrol", key, self.wakes.pop(key)))


@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize(
    ("events", "decided"),
    [
        ([scanned("east", 0), scanned("n1", 3), scanned("n2", 6)], []),
        ([], ["raise start"]),
        ([scanned("east", 15), scanned("n1", 16), scanned("n2", 17)], ["raise start", "clear start"]),
        ([scanned("east", 0), scanned("n1", 3)], ["raise missed/n2"]),
        ([scanned("east", 0), scanned("n1", 7), scanned("n2", 8)], ["raise missed/n1", "clear missed/n1"]),
        ([scanned("east", 0), scanned("n1", 0.2), scanned("n2", 3)], ["raise quick/n1"]),
        ([scanned("n1", 0), scanned("east", 2), scanned("n2", 4)], ["raise order/n1"]),
        ([scanned("east", 0)], ["raise missed/n1", "raise missed/n2"]),
        (
            [scanned("east", 0, 90), scanned("n1", 3, 90), scanned("n2", 6, 90)],
            ["raise start", "clear start", "raise missed/n1", "raise missed/n2", "clear missed/n1", "clear missed/n2"],
        ),
        ([scanned("east", 0), scanned("n1", 3), scanned("n2", 6, 90)], ["raise missed/n2", "clear missed/n2"]),
        ([scanned("east", 0, -1), scanned("n1", 3), scanned("n2", 90)], ["raise missed/n2"]),
    ],
)
def test_a_night(events, decided, stops):
    assert Night(stops).run([opened(), *events], until=200) == decided


def test_a_late_delivery_ends_an_alert_and_says_what_it_is():
    night = Night()
    night.run([opened(), scanned("east", 0), scanned("n1", 3), scanned("n2", 6, 90)], until=100)
    raised, cleared = night.decided
    assert isinstance(raised, Raise)
    assert isinstance(cleared, Clear)
    assert "补传" in cleared.reason.zh
    assert "84" in cleared.reason.zh
    assert "by its own clock" in cleared.reason.en


def test_a_scan_whose_time_can_not_be_believed_ends_nothing():
    late = scanned("n2", 6, 90)
    doubted = replace(late, data={**late.data, "doubt": "future"})
    assert Night().run([opened(), scanned("east", 0), scanned("n1", 3), doubted], until=100) == ["raise missed/n2"]


def test_a_scan_that_came_before_its_round_was_opened_counts():
    """A gateway that starts may hear of it first."""
    early = [scanned("east", 0), replace(opened(), received=at(1)), scanned("n1", 3), scanned("n2", 6)]
    assert Night().run(early, until=200) == []


def test_a_second_round_takes_what_the_first_has_already():
    later = replace(PLAN, key="b", due=at(5))
    night = [scanned("east", 0), scanned("n1", 2), scanned("n2", 4)]
    again = [scanned("east", 7), scanned("n1", 9), scanned("n2", 11)]
    assert Night().run([opened(), opened(later), *night, *again], until=200) == []


def test_a_finding_is_an_alert_at_its_checkpoint_s_place():
    data = {"checkpoint": "n1", "place": "wall/n1", "user": "guard", "text": "围栏  破了 " + "洞" * 80}
    signal = Signal(device="anju", kind="finding.reported", data=data, received=at(0), number=9)
    [raised] = PatrolRule(COMPOUND).on(PatrolState(), signal)
    assert raised.place == "wall/n1"
    assert raised.reason.zh.startswith("北围墙1段 巡更发现：围栏 破了 洞")
    assert raised.reason.zh.endswith("…（guard）")


@pytest.mark.parametrize("data", [{}, {"key": "x"}, {**PLAN.data(), "checkpoints": []}, {**PLAN.data(), "seconds": 5}])
def test_data_of_another_s_making_decides_nothing(data):
    signal = Signal(device="anju", kind="patrol.opened", data=data, received=at(0), number=1)
    assert Night().run([signal, scanned("east", 0)], until=100) == []


def test_rounds_are_forgotten_when_no_phone_can_deliver_any_more():
    night = Night()
    for day in range(30):
        plan = replace(PLAN, key=f"d{day}", due=at(day * 1440))
        night.run([opened(plan)], until=day * 1440 + 60)
    assert len(night.state.rounds) <= 3
