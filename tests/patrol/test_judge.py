"""What a round's scans amount to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.patrol.judge import judge
from gateway.patrol.plan import plan_of
from tests.patrol.rounds import PLAN, at, scan, with_more_checkpoints

GOOD = [scan("east", 0), scan("n1", 3), scan("n2", 6)]


@pytest.mark.parametrize(
    ("scans", "now", "state", "faults"),
    [
        ([], 0, "waiting", []),
        ([], 10, "waiting", []),
        ([], 10.1, "missed", ["start"]),
        ([], 500, "missed", ["start"]),
        (GOOD, 6, "done", []),
        (GOOD, 500, "done", []),
        (GOOD[:1], 5, "under_way", []),
        (GOOD[:1], 5.1, "under_way", ["missed/n1"]),
        (GOOD[:2], 8, "under_way", []),
        (GOOD[:2], 8.1, "under_way", ["missed/n2"]),
        (GOOD[:2], 21, "incomplete", ["missed/n2"]),
        (GOOD[:1], 21, "incomplete", ["missed/n1", "missed/n2"]),
        ([scan("east", -10), scan("n1", -8), scan("n2", -5)], 0, "done", []),
        ([scan("east", -10.1), scan("n1", -8), scan("n2", -5)], 0, "under_way", ["order/n1"]),
        ([scan("east", 12), scan("n1", 14), scan("n2", 16)], 16, "done", []),
        ([scan("n1", 0), scan("east", 2), scan("n2", 4)], 4, "done", ["order/n1"]),
        ([scan("east", 0), scan("n2", 2), scan("n1", 4)], 4, "done", ["order/n2"]),
        ([scan("east", 0), scan("n2", 2)], 4, "under_way", ["order/n2"]),
        ([scan("east", 0), scan("n2", 2)], 8, "under_way", ["missed/n1", "order/n2"]),
        ([scan("east", 0), scan("n1", 0.1), scan("n2", 3)], 3, "done", ["quick/n1"]),
        ([scan("east", 0), scan("n1", 0.5), scan("n2", 3)], 3, "done", []),
        ([scan("east", 0), scan("n1", 3), scan("n1", 3.1), scan("n2", 6)], 6, "done", []),
        ([scan("elsewhere", 0)], 0, "waiting", []),
    ],
)
def test_a_round(scans, now, state, faults):
    verdict = judge(PLAN, scans, at(now))
    assert (verdict.state, sorted(verdict.faults)) == (state, faults)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_order_of_arrival_does_not_matter(order):
    assert judge(PLAN, [GOOD[n] for n in order], at(7)).state == "done"


def test_only_those_whose_round_it_is_count():
    plan = replace(PLAN, who=("zhang",))
    assert judge(plan, GOOD, at(11)).state == "missed"
    assert judge(plan, [replace(one, user="zhang") for one in GOOD], at(11)).state == "done"


def test_another_order_may_be_allowed():
    plan = replace(PLAN, in_order=False)
    assert not judge(plan, [scan("n2", 0), scan("n1", 2), scan("east", 4)], at(4)).faults


def test_an_alert_is_at_the_checkpoint_s_place_and_names_it():
    fault = judge(PLAN, GOOD[:1], at(6)).faults["missed/n1"]
    assert fault.place == "wall/n1"
    assert "北墙1" in fault.reason.zh
    assert "North 1" in fault.reason.en


def test_a_long_round_that_is_left_is_one_alert_at_its_end():
    plan = with_more_checkpoints(20)
    verdict = judge(plan, [scan("c0", 0)], at(1000))
    assert list(verdict.faults) == ["rest"]
    assert "1/20" in verdict.faults["rest"].reason.zh


def test_it_says_when_to_look_again():
    """A moment after each limit, until the verdict is final."""
    moment = timedelta(milliseconds=1)
    assert judge(PLAN, [], at(0)).next_look == at(10) + moment
    assert judge(PLAN, GOOD[:1], at(1)).next_look == at(5) + moment
    assert judge(PLAN, GOOD[:1], at(6)).next_look == at(20) + moment
    assert judge(PLAN, GOOD[:1], at(21)).next_look is None
    assert judge(PLAN, GOOD, at(7)).next_look is None


def test_a_plan_survives_its_signal():
    again = plan_of(PLAN.data())
    assert again == PLAN
    assert again.key == PLAN.key


def test_a_late_scan_is_marked():
    verdict = judge(PLAN, [scan("east", 0, delivered=60), scan("n1", 3)], at(60))
    assert verdict.marks["east"] == ["late"]
    assert "n1" not in verdict.marks


def test_a_round_that_began_after_its_tolerance_is_marked_at_its_first_checkpoint():
    assert judge(PLAN, [scan("east", 10)], at(11)).marks == {}
    assert judge(PLAN, [scan("east", 11)], at(11)).marks == {"east": ["begun_late"]}
