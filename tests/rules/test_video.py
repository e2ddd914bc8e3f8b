from gateway.testing.rules import brief, feed, made, signal
from rules.video import RULE


def seen(**data):
    return signal("lane", "object.seen", **data)


def test_each_event_is_told_as_loud_as_it_usually_is():
    events = [
        seen(event="crossed", line="围墙", direction="in"),
        seen(event="lingered", zone="车棚"),
        seen(event="thrown", seconds=1.2),
        seen(**{"class": "e-bike", "score": 0.9}),
    ]
    assert brief(feed(made(RULE), events)) == [
        "raise lane/crossed/围墙 medium",
        "raise lane/lingered/车棚 medium",
        "raise lane/thrown/ high",
        "raise lane/class/e-bike low",
    ]


def test_a_lane_that_is_cleared_is_restored():
    events = [seen(event="blocked", zone="消防通道"), seen(event="cleared", zone="消防通道")]
    blocked, cleared = feed(made(RULE), events)
    assert blocked.reason.zh.endswith("通道被占用 消防通道")
    assert cleared.key == blocked.key


def test_a_name_weighs_more_than_its_event():
    rule = {"severities": {"class": "off", "e-bike": "critical", "lingered": "low"}}
    events = [seen(**{"class": "e-bike"}), seen(**{"class": "person"}), seen(event="lingered", zone="车棚")]
    assert brief(feed(made(RULE, **rule), events)) == [
        "raise lane/class/e-bike critical",
        "raise lane/lingered/车棚 low",
    ]


def test_what_is_not_known_is_no_alert():
    assert feed(made(RULE), [seen(event="danced")]) == []
