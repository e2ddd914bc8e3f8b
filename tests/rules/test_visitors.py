from dataclasses import replace
from datetime import timedelta

from gateway.model import Pass, Register
from gateway.testing.rules import COMPOUND, START, action, brief, feed, made, signal
from rules.visitors import RULE

KIND = {"zh": "快递外卖", "en": "Delivery"}
HOUR = 3600


MADE = action(
    "pass.created",
    place="b3/u1/101",
    data={"pass": "abc", "kind_name": KIND, "until": (START + timedelta(hours=1)).isoformat()},
)


def used(after, door="door", which="abc"):
    about = {"pass": which, "door": door, "credential": "pass", "code": "ok", "household": "b3/u1/101"}
    return signal(door, "access.granted", after, **about)


def denied(after, code="code_stale", door="door", which="abc", **data):
    why = {"zh": "访客码已过时", "en": "The code is old"}
    data = {"credential": "pass", "code": code, "door": door, "reason": why, **data}
    return signal(door, "access.denied", after, **data, **({"pass": which} if which else {}))


def test_who_stays_longer_than_the_pass_is_an_alert_where_leaving_is_read():
    rule = made(RULE, exits=["lane"], grace="30m")
    (decision,) = feed(rule, [MADE, used(0)], until=HOUR + 1800)
    assert brief([decision]) == ["raise abc/overstay low"]
    assert decision.place == "b3/u1/101"
    assert decision.reason.zh == "3号楼1单元101室 的快递外卖超时未离开：通行证到期已 30 分钟"
    assert decision.reason.en == "Delivery of Building 3 Unit 1 Room 101 has not left: the pass ended 30 min ago"


def test_who_leaves_by_an_exit_has_not_overstayed():
    rule = made(RULE, exits=["lane"])
    assert feed(rule, [MADE, used(0), used(600, door="lane")], until=3 * HOUR) == []
    granted = signal("lane", "access.granted", 600, **{"pass": "abc", "door": "lane", "credential": "plate"})
    assert feed(rule, [MADE, used(0), granted], until=3 * HOUR) == []


def test_leaving_late_ends_the_alert():
    rule = made(RULE, exits=["lane"])
    story = [MADE, used(0), used(2 * HOUR, door="lane")]
    assert brief(feed(rule, story)) == ["raise abc/overstay low", "clear abc/overstay"]


def test_a_visitor_who_comes_back_is_inside_again():
    rule = made(RULE, exits=["lane"])
    story = [MADE, used(0), used(600, door="lane"), used(900)]
    assert brief(feed(rule, story, until=2 * HOUR)) == ["raise abc/overstay low"]


def test_where_only_entries_are_read_nobody_has_overstayed():
    assert feed(made(RULE), [MADE, used(0)], until=9 * HOUR) == []


def test_a_guard_notes_who_leaves():
    rule = made(RULE, signed_out=True)
    gone = action("pass.left", after=600, data={"pass": "abc"})
    assert feed(rule, [MADE, used(0), gone], until=3 * HOUR) == []
    assert brief(feed(rule, [MADE, used(0)], until=3 * HOUR)) == ["raise abc/overstay low"]


def test_the_same_visitor_goes_through_several_doors():
    rule = made(RULE, exits=["lane"])
    assert brief(feed(rule, [MADE, used(0), used(60, door="station")], until=2 * HOUR)) == ["raise abc/overstay low"]


def test_a_pass_made_before_the_rules_time_is_in_the_register():
    known = Pass("abc", "helper", "b3/u1/101", "p1", "", "", START, START + timedelta(hours=1))
    rule = made(RULE, replace(COMPOUND, register=Register(passes={"abc": known})), signed_out=True)
    (decision,) = feed(rule, [used(0)], until=2 * HOUR)
    assert decision.reason.zh == "3号楼1单元101室 的访客超时未离开：通行证到期已 30 分钟"


def test_an_open_alert_is_ended_after_a_restart():
    rule = made(RULE, exits=["lane"])
    assert brief(feed(rule, [used(600, door="lane")], held=["abc/overstay"])) == ["clear abc/overstay"]


def test_the_third_refusal_of_a_pass_is_an_alert_with_the_reason():
    (decision,) = feed(made(RULE), [denied(0), denied(30, door="lane"), denied(60)])
    assert brief([decision]) == ["raise abc/refused medium"]
    assert decision.reason.zh == "3号楼1单元 door号 访客通行证连续被拒 3 次：访客码已过时"
    assert decision.device == "door"


def test_forged_codes_are_counted_by_door():
    story = [denied(n, code="code_forged", which="") for n in (0, 5, 10)]
    assert brief(feed(made(RULE), story)) == ["raise door/refused medium"]
    assert (
        feed(made(RULE), [denied(n, code="code_forged", which="", door=d) for n, d in enumerate(["door", "lane"])])
        == []
    )


def test_refusals_far_apart_are_none():
    assert feed(made(RULE), [denied(0), denied(700), denied(1400)]) == []


def test_a_code_at_two_doors_is_an_alert_at_once():
    (decision,) = feed(made(RULE), [denied(0, code="code_copied", door="lane")])
    assert brief([decision]) == ["raise abc/copied high"]
    assert decision.place == "gate/east"


def test_other_credentials_are_the_doorways_matter():
    card = signal("door", "access.denied", 0, credential="card", door="door", code="code_copied")
    assert feed(made(RULE, refused_times=1), [card]) == []


def test_each_may_be_off():
    rule = made(RULE, overstay="off", copied="off", refused="off", signed_out=True)
    assert (
        feed(rule, [MADE, used(0), denied(5, code="code_copied"), *(denied(n) for n in range(6, 12))], until=9 * HOUR)
        == []
    )
