from gateway.testing.rules import brief, feed, made, signal
from rules.recognition import RULE


def plate(text, listed=None, after=0.0):
    return signal("lane", "plate.read", after, text=text, list=listed, score=0.9)


def test_residents_pass_quietly():
    known = [plate("苏A12345", "resident"), signal("lane", "face.matched", person="zhang", list="resident")]
    assert feed(made(RULE), known) == []


def test_an_unknown_plate_is_told_and_a_watched_one_is_told_louder():
    decisions = feed(made(RULE), [plate("苏A12345"), plate("苏B66666", "watch")])
    assert [(each.device, each.severity.word) for each in decisions] == [("lane", "low"), ("lane", "high")]
    assert len({each.key for each in decisions}) == 2
    assert "苏" not in decisions[0].key + decisions[1].key
    assert decisions[0].reason.zh == "东门 lane号 未登记车辆 苏A12345"


def test_a_watched_face_says_who_by_a_mark():
    (decision,) = feed(made(RULE), [signal("lane", "face.watchlisted", person="p7", distance=0.3)])
    assert (decision.key, decision.severity.word) == ("lane/face/p7", "high")
    assert decision.reason.en == "Watch-listed person {person:p7} at East gate (lane号)"


def test_the_same_plate_does_not_ring_again_within_the_quiet_time():
    seen = [plate("苏A12345", after=n * 100) for n in range(5)]
    assert len(feed(made(RULE), seen)) == 2
    assert len(feed(made(RULE, quiet="0s"), seen)) == 5


def test_a_clock_set_back_lets_no_watched_one_pass_unseen():
    seen = [plate("苏B66666", "watch"), plate("苏B66666", "watch", -3600), plate("苏B66666", "watch", -3590)]
    assert len(feed(made(RULE), seen)) == 2


def test_strangers_ring_only_where_told():
    stranger = [signal("lane", "face.unknown", distance=0.7)]
    assert feed(made(RULE), stranger) == []
    assert brief(feed(made(RULE, unknown_face="low"), stranger)) == ["raise lane/face low"]


def test_a_watched_plate_that_the_register_helped_to_read_says_so():
    told = {"zh": "读作?M12345,认作苏M12345", "en": "read ?M12345, taken for 苏M12345"}
    (raised,) = feed(made(RULE), [signal("lane", "plate.read", text="苏M12345", list="watch", reason=told)])
    assert told["zh"] in raised.reason.zh
    assert told["en"] in raised.reason.en


def test_plates_of_longer_ago_than_any_quiet_time_are_forgotten():
    rule = made(RULE)
    state = rule.start(frozenset())
    rule.on(state, plate("苏A12345"))
    rule.on(state, plate("苏B66666", after=3601))
    assert len(state) == 1
