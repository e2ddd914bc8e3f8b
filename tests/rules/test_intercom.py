from gateway.testing.rules import brief, feed, made, signal
from rules.intercom import RULE


def rings(after: float = 0):
    return signal("station", "call.started", after, call="c", direction="in")


def ends(why: str, after: float):
    return signal("station", "call.ended", after, call="c", why=why)


def answered(after: float):
    return signal("station", "call.answered", after, call="c")


def test_a_call_that_rings_too_long_is_told_and_over_once_answered():
    assert brief(feed(made(RULE), [rings()], until=29)) == []
    decisions = feed(made(RULE), [rings(), answered(40), ends("guard", 60)], until=99)
    assert brief(decisions) == ["raise station medium", "clear station"]
    assert decisions[0].reason.zh == "东门 station号 对讲呼叫无人接听"
    assert decisions[0].reason.en == "Nobody answers a call at East gate (station号)"


def test_an_answered_call_is_nothing():
    assert feed(made(RULE), [rings(), answered(5), ends("station", 60)], until=200) == []


def test_a_visitor_who_gave_up_was_missed_until_somebody_talks_with_the_station():
    decisions = feed(made(RULE), [rings(), ends("missed", 12)], until=99)
    assert brief(decisions) == ["raise station low"]
    back = [signal("station", "call.started", 50, call="d", direction="out"), answered(55)]
    assert brief(feed(made(RULE), [rings(), ends("missed", 12), *back], until=99))[1:] == ["clear station"]


def test_a_missed_call_that_was_told_already_is_told_once():
    assert brief(feed(made(RULE), [rings(), ends("missed", 45)], until=99)) == ["raise station medium"]


def test_a_declined_call_was_somebodys_decision():
    assert feed(made(RULE), [rings(), ends("declined", 12)], until=99) == []


def test_a_guard_who_calls_waits_for_nobody():
    out = signal("station", "call.started", 0, call="c", direction="out")
    assert feed(made(RULE), [out, ends("not_answered", 40)], until=99) == []


def test_a_visitor_goes_on_waiting_while_the_guards_own_call_fails():
    """Both pressed at once: the station is busy for the guard, and rings all the same."""
    crossing = [
        signal("station", "call.started", 1, call="d", direction="out"),
        signal("station", "call.ended", 2, call="d", why="not_answered"),
    ]
    assert brief(feed(made(RULE), [rings(), *crossing], until=29)) == []
    assert brief(feed(made(RULE), [rings(), *crossing], until=31)) == ["raise station medium"]


def test_each_may_be_switched_off():
    assert feed(made(RULE, unanswered="off", missed="off"), [rings(), ends("missed", 45)], until=99) == []
