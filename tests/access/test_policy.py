"""The decision at the door, case by case."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from pydantic import ValidationError

from gateway.access import AccessState
from gateway.access.decision import AccessCode
from gateway.access.reasons import reason_of
from gateway.access.request import CodeRefusal, PassCode
from gateway.access.state import PassShown, Waiting, Whereabouts
from gateway.model import Credential, CredentialKind, Listing, Vehicle, Words
from tests.access.doors import LONG_AGO, NOW, ROOM, answer, ask, card, register, rules, visitor

HOUR = timedelta(hours=1)


def code_of(*arguments, **more) -> str:
    return str(answer(*arguments, **more).code)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("wang", "ok"),
        ("both", "ok"),
        ("zhao", "not_here"),
        ("left", "moved_out"),
        ("soon", "not_begun"),
        ("cleaner", "not_here"),
        ("thief", "barred"),
        ("nobody", "unknown"),
    ],
)
def test_residents_of_the_doors_place_pass_and_no_others(who, code):
    assert code_of(ask(who)) == code


def test_a_decision_names_person_and_room_and_says_why():
    granted, denied = answer(ask("wang")), answer(ask("zhao"))
    assert (granted.granted, granted.person, granted.place) == (True, "wang", ROOM)
    assert (denied.granted, denied.person, denied.reason.zh) == (False, "zhao", "没有这个门的通行权")
    assert all(reason_of(code) for code in AccessCode), "every code has its words"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"until": NOW}, "ended"),
        ({"until": NOW + HOUR}, "ok"),
        ({"ended_at": NOW - HOUR}, "ended"),
    ],
)
def test_a_card_ends_by_its_dates(given, code):
    assert code_of(ask("4711"), people=register({"4711": [card("wang", **given)]})) == code


def test_a_card_for_a_room_opens_while_its_person_belongs_there():
    moved = register({"4711": [card("zhao", ROOM)], "4712": [card(None, ROOM)]})
    assert code_of(ask("4711"), people=moved) == "moved_out"
    assert code_of(ask("4712"), people=moved) == "ok"


def test_of_several_people_with_one_pin_the_one_with_a_right_counts():
    pins = [Credential(f"pin-{who}", CredentialKind.PIN, who, "", LONG_AGO) for who in ("zhao", "wang")]
    found = answer(ask("2580", "pin"), people=register({"2580": pins}))
    assert (str(found.code), found.person) == ("ok", "wang")


def test_a_door_that_is_not_listed_opens_for_nobody():
    assert code_of(ask("wang", door="elsewhere")) == "no_door"


def test_face_and_phone_are_the_persons():
    for kind in ("face", "phone"):
        assert code_of(ask("wang", kind)) == "ok"
        assert code_of(ask("nobody", kind)) == "unknown"
    assert code_of(ask("wang", "face"), rules({"kinds": ["card", "pin"]})) == "kind_not_taken"
    reader = rules({"readers": [{"device": "cam", "kinds": ["plate"]}]})
    assert code_of(ask("wang", "face", reader="cam"), reader) == "kind_not_taken"


def test_a_guard_opens_whatever_the_rights_say():
    found = answer(ask("guard", "remote"))
    assert (found.granted, str(found.code), found.holder) == (True, "remote", "user:guard")


def test_rights_by_role_group_kind_and_schedule():
    right = {"residents": ["here"], "roles": ["tenant"]}
    assert code_of(ask("wang"), rules({"allow": [right]})) == "not_here"
    group = {"groups": ["cleaners"], "kinds": ["card"], "schedule": "work"}
    times = {"work": [{"days": ["workdays"], "hours": "08:00-18:00"}]}
    made = rules({"allow": [group]}, schedules=times, groups={"cleaners": {"persons": ["cleaner"]}})
    assert code_of(ask("cleaner"), made) == "ok"
    assert code_of(ask("cleaner", "phone"), made) == "kind_not_taken"
    assert code_of(ask("cleaner", at=NOW + 12 * HOUR), made) == "not_now"
    assert code_of(ask("wang"), made) == "not_here"


def test_who_is_barred_opens_nothing():
    assert code_of(ask("wang"), rules(barred={"persons": ["wang"]})) == "barred"
    car = [Vehicle("苏M12345", ROOM)]
    made = rules(barred={"plates": ["苏M·12345"]})
    assert code_of(ask("苏M12345", "plate"), made, register(vehicles=car)) == "barred"


@pytest.mark.parametrize(
    ("vehicle", "code"),
    [
        (Vehicle("苏M12345", ROOM), "ok"),
        (Vehicle("苏M12345", ROOM, person="wang"), "ok"),
        (Vehicle("苏M12345", ROOM, person="left"), "moved_out"),
        (Vehicle("苏M12345", ROOM, until=NOW), "ended"),
        (Vehicle("苏M12345", None, Listing.WATCH), "barred"),
        (Vehicle("苏M99999", ROOM), "unknown"),
    ],
)
def test_a_plate_is_its_household(vehicle, code):
    assert code_of(ask("苏m·12345", "plate"), people=register(vehicles=[vehicle])) == code


SHOWN = PassCode("v1", 7)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "ok"),
        ({"since": NOW + HOUR}, "not_begun"),
        ({"until": NOW}, "ended"),
        ({"revoked_at": NOW}, "revoked"),
        ({"host": "left"}, "moved_out"),
        ({"host": "counter"}, "ok"),
        ({"host": "erased", "by_resident": True}, "moved_out"),
        ({"host": "erased", "by_resident": True, "doors": frozenset({"door"})}, "moved_out"),
        ({"place": "b1/u1/101", "host": "counter"}, "not_here"),
        ({"doors": frozenset({"gate"})}, "not_here"),
        ({"doors": frozenset({"door"})}, "ok"),
        ({"doors": frozenset({"door"}), "place": "b1/u1/101", "host": "counter"}, "ok"),
        ({"doors": frozenset({"door"}), "place": "b3/u2/802", "host": "zhao"}, "not_here"),
    ],
)
def test_a_pass_opens_in_its_time_at_its_doors(given, code):
    people = register(passes=[visitor(**given)])
    assert code_of(ask("V…", "pass", code=SHOWN), people=people) == code


def test_no_pass_lets_in_a_vehicle_that_is_watched_for():
    for vehicle in (Vehicle("苏M12345", None, Listing.WATCH), Vehicle("苏M12345", ROOM, person="thief")):
        people = register(passes=[visitor(plate="苏M12345")], vehicles=[vehicle])
        assert code_of(ask("苏M12345", "plate"), people=people) == "barred"


def test_a_code_that_proves_nothing_opens_nothing():
    people = register(passes=[visitor()])
    for given, code in (
        (CodeRefusal("forged", Words("", "")), "code_forged"),
        (CodeRefusal("expired", Words("", ""), "v1"), "code_stale"),
        (CodeRefusal("foreign", Words("", "")), "unknown"),
        (PassCode("other", 7), "unknown"),
        (None, "unknown"),
    ):
        assert code_of(ask("V…", "pass", code=given), people=people) == code


def test_the_same_code_at_two_doors_was_forwarded():
    people, state = register(passes=[visitor()]), AccessState(shown={"v1": PassShown("gate", 7, NOW)})
    assert code_of(ask("V…", "pass", code=SHOWN), people=people, state=state) == "code_copied"
    assert code_of(ask("V…", "pass", code=PassCode("v1", 8)), people=people, state=state) == "ok"


def test_a_code_is_presented_once_and_none_opens_after_a_later_one():
    people = register(passes=[visitor()])

    def after(seconds, window=7):
        shown = PassShown("door", 7, NOW - timedelta(seconds=seconds))
        request = ask("V…", "pass", code=PassCode("v1", window))
        return code_of(request, people=people, state=AccessState(shown={"v1": shown}))

    assert [after(0), after(10), after(11)] == ["ok", "ok", "code_stale"]
    assert (after(0, window=6), after(60, window=8)) == ("code_stale", "ok")


def test_a_kinds_hours_and_days_hold():
    people = register(passes=[visitor(hours=(time(9), time(11)), days=frozenset({2}))])
    assert code_of(ask("V…", "pass", code=SHOWN), people=people) == "ok"
    for given in ({"hours": (time(11), time(12))}, {"days": frozenset({0})}, {"hours": (time(22), time(6))}):
        people = register(passes=[visitor(**given)])
        assert code_of(ask("V…", "pass", code=SHOWN), people=people) == "not_now"


def test_a_pass_opens_each_door_as_often_as_it_says():
    made, state = rules(), AccessState()
    people = register(passes=[visitor(uses=1, plate="沪A12345")])
    request = ask("沪A12345", "plate")
    found = answer(request, made, people, state)
    assert (str(found.code), found.pass_id) == ("ok", "v1")
    state.apply(request, found, made)
    assert code_of(request, made, people, state) == "used_up"


def test_a_visitor_is_let_in_by_no_right_for_roles():
    made = rules({"allow": [{"residents": ["here"], "roles": ["owner", "other"]}]})
    assert code_of(ask("V…", "pass", code=SHOWN), made, register(passes=[visitor()])) == "not_here"


def passback(mode: str = "hard"):
    door = {"readers": [{"device": "in", "enters": "garage"}, {"device": "out", "leaves": "garage"}]}
    return rules(door, zones={"garage": {"mode": mode, "forget_after": "12h"}})


def test_who_is_inside_does_not_enter_again():
    made, state = passback(), AccessState()
    enter, leave = ask("wang", reader="in"), ask("wang", reader="out")
    assert code_of(leave, made, state=state) == "ok", "nobody knows yet where they are"
    for request, code in ((enter, "ok"), (enter, "passback"), (leave, "ok"), (leave, "passback"), (enter, "ok")):
        found = answer(request, made, state=state)
        assert str(found.code) == code
        state.apply(request, found, made)
    later = ask("wang", reader="in", at=NOW + 13 * HOUR)
    assert code_of(later, made, state=state) == "ok", "where somebody is counts for twelve hours"
    assert code_of(ask("both", reader="in"), made, state=state) == "ok", "each for themselves"


def test_a_soft_zone_lets_in_and_says_so():
    inside = {("garage", "person:wang"): Whereabouts(inside=True, at=NOW)}
    found = answer(ask("wang", reader="in"), passback("soft"), state=AccessState(whereabouts=inside))
    assert (found.granted, str(found.code)) == (True, "passback_noted")


def test_an_interlock_waits_for_the_other_door():
    made = rules({"interlock": ["gate"]})
    assert code_of(ask("wang"), made, state=AccessState(open_doors={"gate"})) == "interlock"
    assert code_of(ask("guard", "remote"), made, state=AccessState(open_doors={"gate"})) == "interlock"
    assert code_of(ask("wang"), made) == "ok"


def test_a_two_person_door_waits_for_somebody_else():
    made, state = rules({"two_persons": {"within": "30s"}}), AccessState()
    first = answer(ask("wang"), made, state=state)
    assert (str(first.code), first.granted) == ("second_person", False)
    state.apply(ask("wang"), first, made)
    assert code_of(ask("wang"), made, state=state) == "second_person", "the same person twice is one"
    assert code_of(ask("zhao"), made, state=state) == "not_here", "who has no right is no second person"
    assert code_of(ask("both"), made, state=state) == "ok"
    late = AccessState(waiting={"door": Waiting("person:wang", NOW - timedelta(seconds=31))})
    assert code_of(ask("both"), made, state=late) == "second_person"


def test_an_armed_alarm_begins_its_entry_delay_or_keeps_the_door_shut():
    made = rules({"armed": {"place": ROOM}})
    people = register(passes=[visitor()])
    for alarm in ("away", "home", "night"):
        state = AccessState(alarm_of=lambda _place, alarm=alarm: alarm)
        found = answer(ask("wang"), made, people, state)
        assert (str(found.code), found.entry_delay) == ("ok", timedelta(seconds=45))
        assert code_of(ask("V…", "pass", code=SHOWN), made, people, state) == "armed"
    disarmed = AccessState(alarm_of=lambda _place: "disarmed")
    assert answer(ask("wang"), made, people, disarmed).entry_delay is None


def test_a_lift_gives_the_floors_of_its_people():
    floors = [{"floor": 1}, {"floor": 15, "places": [ROOM]}, {"floor": 8, "places": ["b3/u2"]}]
    lift = {"floors": floors, "open": {"action": "allow", "floors_as": "floors"}, "allow": [{"residents": ["b3"]}]}
    made = rules(lift)
    assert answer(ask("wang"), made).floors == (1, 15)
    assert answer(ask("both"), made).floors == (1, 15, 8)
    assert answer(ask("guard", "remote"), made).floors == (1, 15, 8)
    private = rules({**lift, "floors": floors[1:2]})
    assert code_of(ask("zhao"), private) == "not_here"


def test_a_fire_opens_whatever_else():
    burning = AccessState(burning={"smoke": "b3/u1/1501"}, open_doors={"gate"})
    made = rules({"interlock": ["gate"], "kinds": ["card"]}, barred={"persons": ["thief"]})
    for value, kind in (("thief", "card"), ("nobody", "pin")):
        assert code_of(ask(value, kind), made, state=burning) == "fire"
    assert code_of(ask("nobody"), rules({"fire_release": False}), state=burning) == "unknown"
    far = [{"device": "door"}, {"device": "gate", "place": "gate/east"}]
    assert code_of(ask("nobody", door="gate"), rules(doors=far), state=burning) == "unknown"
    assert code_of(ask("nobody", door="gate"), rules(doors=far, fire={"scope": "compound"}), state=burning) == "fire"
    lift = {"floors": [{"floor": 1}], "open": {"floors_as": "floors"}}
    assert code_of(ask("nobody"), rules(lift), state=burning) == "unknown", "nobody is to take a lift in a fire"


def test_a_right_that_lets_nobody_in_is_a_mistake():
    with pytest.raises(ValidationError, match="lets nobody in"):
        rules({"allow": [{"roles": ["owner"]}]})
