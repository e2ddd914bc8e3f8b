"""What holds for every decision, whatever the register, the door and the moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access import AccessState
from gateway.access.decision import GRANTED, AccessCode
from gateway.access.offline_list import offline_list
from gateway.access.request import CodeRefusal, PassCode
from gateway.access.state import PassShown, Whereabouts
from gateway.model import Vehicle, Words
from tests.access.doors import MEMBERS, NOW, answer, ask, card, digest, register, rules, visitor

HOURS = st.integers(-72, 72).map(lambda n: timedelta(hours=n))
WHEN = st.one_of(st.none(), HOURS.map(lambda ahead: NOW + ahead))
PEOPLE = st.sampled_from([*MEMBERS, "thief", "nobody"])
KINDS = st.sampled_from(["card", "pin", "face", "plate", "pass", "phone"])
PLACES = st.sampled_from(["b3/u1", "b3/u1/1502", "b3", "gate/east", "b3/u2/802"])


@st.composite
def cards(draw):
    person = draw(st.one_of(st.none(), st.sampled_from([*MEMBERS, "thief"])))
    place = draw(PLACES) if person is None else ""
    return card(person, place, id=f"k{draw(st.integers(0, 9))}", until=draw(WHEN), ended_at=draw(WHEN))


DOORS = st.fixed_dictionaries(
    {},
    optional={
        "kinds": st.lists(KINDS, min_size=1, unique=True).filter(lambda kinds: kinds != ["face"]),
        "allow": st.lists(
            st.fixed_dictionaries(
                {"residents": st.lists(st.one_of(st.just("here"), PLACES), min_size=1, max_size=2)},
                optional={
                    "roles": st.lists(st.sampled_from(["owner", "tenant"]), max_size=1),
                    "kinds": st.lists(KINDS, max_size=2),
                    "schedule": st.just("work"),
                },
            ),
            max_size=3,
        ),
        "interlock": st.just(["gate"]),
        "two_persons": st.just({"within": "30s"}),
        "armed": st.just({"place": "b3/u1/1502"}),
        "enters": st.just("yard"),
        "fire_release": st.booleans(),
    },
)
MORE = {
    "schedules": {"work": [{"days": ["workdays"], "hours": "08:00-18:00"}]},
    "zones": {"yard": {"mode": "hard"}},
    "barred": {"persons": ["zhao"]},
}
CODES = st.sampled_from([None, PassCode("v1", 7), CodeRefusal("forged", Words("", "")), PassCode("v9", 7)])


@st.composite
def worlds(draw):
    """A door, a register, a state and a request."""
    handed_out = draw(st.lists(cards(), max_size=4, unique_by=lambda one: one.id))
    since, until = sorted((NOW + draw(HOURS), NOW + draw(HOURS)))
    passes = [visitor(since=since, until=until, revoked_at=draw(WHEN), uses=draw(st.sampled_from([None, 1])))]
    car = Vehicle("苏M12345", draw(PLACES), until=draw(WHEN))
    people = register({"4711": handed_out} if handed_out else {}, passes, [car])
    state = AccessState(
        whereabouts={("yard", "person:wang"): Whereabouts(draw(st.booleans()), NOW)},
        shown={"v1": PassShown("gate", draw(st.sampled_from([6, 7])), NOW)},
        open_doors=draw(st.sampled_from([set(), {"gate"}])),
    )
    value = draw(st.one_of(PEOPLE, st.just("4711"), st.just("苏M12345")))
    at = NOW + draw(HOURS)
    return ask(value, draw(KINDS), at=at, code=draw(CODES)), rules(draw(DOORS), **MORE), people, state


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_what_has_ended_never_opens(world):
    request, made, people, state = world
    found = answer(request, made, people, state)
    if not found.granted:
        return
    at, kind = request.at, request.credential.kind
    if kind in ("card", "pin"):
        known = [one for each in people.credentials.values() for one in each if one.person == found.person]
        assert any(one.is_valid(at) for one in known), "some card of this person is valid"
        presented = people.credentials[kind, request.digests[0]]
        assert any(one.is_valid(at) for one in presented), "and one that was presented"
    if found.pass_id is not None:
        assert people.passes[found.pass_id].since <= at < people.passes[found.pass_id].until
        assert people.passes[found.pass_id].revoked_at is None
    if kind == "plate" and found.pass_id is None:
        assert people.vehicles[request.credential.value].is_valid(at)
    if found.person is not None:
        assert people.rooms_of(found.person, at), "who belongs nowhere opens nothing"
        assert found.person not in ("zhao", "thief"), "who is barred opens nothing"


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_a_decision_depends_on_no_order(world):
    request, made, people, state = world
    turned = replace(
        people,
        persons=dict(reversed(people.persons.items())),
        vehicles=dict(reversed(people.vehicles.items())),
        credentials={key: each[::-1] for key, each in reversed(people.credentials.items())},
        passes=dict(reversed(people.passes.items())),
    )
    other = replace(request, digests=request.digests[::-1])
    assert answer(request, made, people, state) == answer(other, made, turned, state)


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_deciding_changes_nothing_and_always_has_a_reason(world):
    request, made, people, state = world
    before = repr(state)
    first, second = answer(request, made, people, state), answer(request, made, people, state)
    assert first == second
    assert repr(state) == before
    assert first.reason.zh
    assert first.reason.en
    assert first.granted is (first.code in GRANTED)


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_a_fire_opens_every_door_that_it_may(world):
    request, made, people, state = world
    state.burning["smoke"] = "b3/u1/1501"
    found = answer(request, made, people, state)
    assert (found.code is AccessCode.FIRE) is made.doors["door"].fire_release


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_a_door_takes_no_other_kinds_than_it_says(world):
    request, made, people, state = world
    if answer(request, made, people, state).granted:
        assert request.credential.kind in made.doors["door"].kinds


@settings(max_examples=150, deadline=None)
@given(worlds(), st.integers(0, 167))
def test_the_list_for_readers_lets_in_nobody_whom_the_gateway_would_not(world, hours):
    _, made, people, _ = world
    at = NOW + timedelta(hours=hours)
    for entry in offline_list("door", people, made, NOW):
        if not entry.since <= at < entry.until:
            continue
        spans = [made.settings.schedules[name] for name in entry.schedules]
        if spans and not any(made.calendar.covers(each, at) for each in spans):
            continue
        number = next(n for n in [*MEMBERS, "thief", "4711"] if digest("card", n) == entry.digest)
        assert answer(ask(number, at=at), made, people).granted, entry
