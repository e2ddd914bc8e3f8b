from gateway.testing.rules import brief, feed, made, signal
from rules.report import RULE


def test_a_report_is_an_alert_of_its_own_at_the_place_it_tells():
    one = signal("anju", "report.made", category="noise", text="楼上  半夜\n装修", place="b3/u1/101")
    (decision,) = feed(made(RULE), [one])
    assert (decision.key, decision.place) == (one.id, "b3/u1/101")
    assert decision.reason.zh == "3号楼1单元101室 报事·噪音扰民:楼上 半夜 装修"
    assert decision.reason.en == "Noise reported at Building 3 Unit 1 Room 101: 楼上 半夜 装修"


def test_a_long_report_is_cut_in_the_reason():
    (decision,) = feed(made(RULE), [signal("anju", "report.made", text="很" * 500)])
    assert decision.reason.zh.endswith("很…")
    assert len(decision.reason.zh) < 90


def test_its_category_may_matter_more():
    rule = made(RULE, severities={"fire": "critical"})
    words = brief(feed(rule, [signal("anju", "report.made", category=name) for name in ("fire", "x")]))
    assert [word.rpartition(" ")[2] for word in words] == ["critical", "medium"]
