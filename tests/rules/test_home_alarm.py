import pytest

from gateway.model import Raise, Words
from gateway.testing.rules import brief, feed, made, signal
from rules.home_alarm import RULE


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("fire.alarm", "critical"),
        ("gas.alarm", "critical"),
        ("zone.alarm", "critical"),
        ("duress.entered", "critical"),
        ("water.alarm", "high"),
        ("panel.battery_low", "low"),
    ],
)
def test_each_alarm_of_a_home_has_its_severity(kind, severity):
    (decision,) = feed(made(RULE), [signal("home", kind)])
    assert brief([decision])[0].endswith(severity)
    assert decision.place == "b3/u1/101"


def test_the_reason_is_what_a_guard_would_say():
    (decision,) = feed(made(RULE), [signal("home", "gas.alarm")])
    assert isinstance(decision, Raise)
    assert decision.reason == Words(
        "3号楼1单元101室 home号 燃气泄漏报警", "Gas alarm at Building 3 Unit 1 Room 101 (home号)"
    )


def test_gas_is_restored():
    assert brief(feed(made(RULE), [signal("home", "gas.alarm"), signal("home", "gas.restored", 60)])) == [
        "raise home/gas critical",
        "clear home/gas",
    ]


def test_two_detectors_of_one_panel_are_two_alerts():
    decisions = feed(made(RULE), [signal("home", "zone.alarm", zone=1), signal("home", "zone.alarm", zone=2)])
    assert brief(decisions) == ["raise home.1/alarm critical", "raise home.2/alarm critical"]


def test_a_severity_may_be_told_otherwise():
    rule = made(RULE, severities={"water.alarm": "critical", "panel.battery_low": "off"})
    signals = [signal("home", "water.alarm"), signal("home", "panel.battery_low")]
    assert brief(feed(rule, signals)) == ["raise home/water critical"]
