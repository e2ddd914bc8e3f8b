from gateway.model import Raise, Words
from gateway.testing.rules import brief, feed, made, signal
from rules.perimeter import RULE

RULE_AS_IT_COMES = made(RULE)


def test_a_zone_rings_and_is_restored():
    decisions = feed(RULE_AS_IT_COMES, [signal("z1", "zone.alarm"), signal("z1", "zone.restored", 5)])
    assert brief(decisions) == ["raise z1/alarm high", "clear z1/alarm"]
    assert isinstance(decisions[0], Raise)
    assert decisions[0].place == "wall/n1"
    assert decisions[0].reason == Words("北围墙1段 z1号 防区报警", "Zone alarm at North wall 1 (z1号)")


def test_a_restore_ends_what_it_says():
    cut = [
        signal("z1", "zone.alarm"),
        signal("z1", "zone.tampered"),
        signal("z1", "zone.restored", **{"from": "cover"}),
    ]
    assert brief(feed(RULE_AS_IT_COMES, cut))[2:] == ["clear z1/tamper"]
    assert brief(feed(RULE_AS_IT_COMES, [*cut[:2], signal("z1", "zone.restored", **{"from": "bypass"})]))[2:] == []


def test_a_restore_before_its_alarm_is_nothing_and_the_alarm_stands():
    out_of_order = [signal("z1", "zone.restored"), signal("z1", "zone.alarm", 1)]
    assert brief(feed(RULE_AS_IT_COMES, out_of_order)) == ["raise z1/alarm high"]


def test_what_it_held_before_is_cleared():
    assert brief(feed(RULE_AS_IT_COMES, [signal("z1", "zone.restored")], held=["z1/alarm"])) == ["clear z1/alarm"]


def test_disarmed_zones_are_logged_only_but_tamper_and_24_hour_zones_ring():
    day = [
        signal("host", "area.disarmed", area=1),
        signal("z1", "zone.alarm", 1),
        signal("z1", "zone.tampered", 2),
        signal("z2", "zone.alarm", 3),
        signal("host", "area.armed", 4, area=1),
        signal("z1", "zone.alarm", 5),
    ]
    rule = made(RULE, always=["z2"])
    assert brief(feed(rule, day)) == ["raise z1/tamper high", "raise z2/alarm high", "raise z1/alarm high"]
    assert brief(feed(made(RULE, arming="ignored"), day[:2])) == ["raise z1/alarm high"]


def test_one_of_two_areas_armed_keeps_zones_of_unknown_area_ringing():
    halves = [signal("host", "area.disarmed", area=1), signal("host", "area.armed", area=2)]
    assert brief(feed(RULE_AS_IT_COMES, [*halves, signal("z1", "zone.alarm")])) == ["raise z1/alarm high"]
    assert brief(feed(RULE_AS_IT_COMES, [*halves, signal("z1", "zone.alarm", area=1)])) == []


def test_a_zone_the_yaml_does_not_name_rings_by_its_number():
    (decision,) = feed(RULE_AS_IT_COMES, [signal("host", "zone.alarm", zone=17)])
    assert isinstance(decision, Raise)
    assert (decision.key, decision.reason.zh) == ("host.17/alarm", "东门 host号 17号防区 防区报警")


def test_only_the_places_it_is_for():
    rule = made(RULE, places=["wall/n2"], severities={"zone.alarm": "critical"})
    assert brief(feed(rule, [signal("z1", "zone.alarm"), signal("z2", "zone.alarm")])) == ["raise z2/alarm critical"]


def test_movement_rings_only_where_it_is_told_to():
    moves = [signal("c1", "motion.started"), signal("c1", "motion.ended", 9)]
    assert feed(RULE_AS_IT_COMES, moves) == []
    rule = made(RULE, severities={"motion.started": "medium"})
    assert brief(feed(rule, moves)) == ["raise c1/motion medium", "clear c1/motion"]


def test_panels_behind_a_receiver_keep_their_zones_apart_and_judge_themselves_what_is_armed():
    """Each is a part of the receiver, and so would share its areas."""
    night = [
        signal("shop", "area.disarmed", area=1),
        signal("shop", "zone.alarm", 1, zone=1, armed=True),
        signal("shop", "zone.alarm", 2, zone=2, armed=True),
        signal("shop", "zone.restored", 3, zone=1, **{"from": "alarm"}),
    ]
    told = brief(feed(RULE_AS_IT_COMES, night))
    assert told == ["raise shop.1/alarm high", "raise shop.2/alarm high", "clear shop.1/alarm"]
