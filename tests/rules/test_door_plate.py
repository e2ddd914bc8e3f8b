"""A call for help rings; a misused plate is an alert whose reason says why."""

import pytest

from gateway.testing.rules import brief, feed, made, signal
from rules.door_plate import RULE


def test_a_call_for_help_is_critical_and_names_the_door():
    (decision,) = feed(made(RULE), [signal("anju", "help.called", place="b3/u1/101")])
    assert (decision.key, decision.place, decision.severity.word) == ("help/b3/u1/101", "b3/u1/101", "critical")
    assert decision.reason.zh == "3号楼1单元101室 有人扫门牌求助"
    assert decision.reason.en == "Help called by the door plate at Building 3 Unit 1 Room 101"


@pytest.mark.parametrize(
    ("why", "data", "zh", "en"),
    [
        ("revoked", {}, "已作废", "revoked plate"),
        ("far", {"metres": 412.4}, "约 412 米外", "about 412 m away"),
        ("far", {"other": "b3/u1/101"}, "刚在3号楼1单元101室", "just at Building 3"),
        ("impossible", {"other": "b3/u1/101"}, "还扫了3号楼1单元101室", "within a minute"),
        ("many", {"times": 21}, "被扫 21 次", "21 scans in a minute"),
        ("many", {"times": "x"}, "被扫 ? 次", "? scans"),
        ("wrong_door", {}, "调换", "swapped"),
        ("else", {}, "原因不明", "no reason"),
    ],
)
def test_misuse_says_why(why, data, zh, en):
    (decision,) = feed(made(RULE), [signal("anju", "door_plate.suspected", place="b3/u1/101", why=why, **data)])
    assert decision.key == f"{why}/b3/u1/101"
    assert decision.reason.zh.startswith("3号楼1单元101室 门牌可疑：")
    assert zh in decision.reason.zh
    assert en in decision.reason.en


def test_misuse_may_be_switched_off_and_help_may_not():
    events = [signal("anju", "door_plate.suspected", place="b3/u1/101", why="many"), signal("anju", "help.called")]
    assert [each.rpartition(" ")[2] for each in brief(feed(made(RULE, misuse="off", help="high"), events))] == ["high"]
