from dataclasses import replace

from gateway.model import Severity, Wake
from gateway.rule import Compound
from gateway.testing.rules import COMPOUND, brief, feed, made, signal
from rules.silence import RULE


def lost(*devices, after=0.0):
    return [signal(device, "device.offline", after) for device in devices]


def test_a_lost_device_rings_after_its_grace_and_is_cleared_when_back():
    signals = [*lost("lane"), signal("lane", "device.online", 60)]
    assert brief(feed(made(RULE), signals)) == ["raise lane/lost medium", "clear lane/lost"]


def test_a_panel_matters_more():
    assert brief(feed(made(RULE), lost("host"), until=9)) == ["raise host/lost high"]
    rule = made(RULE, severities={"panel": "critical"})
    assert brief(feed(rule, lost("host"), until=9)) == ["raise host/lost critical"]


def test_back_within_the_grace_is_nothing():
    assert feed(made(RULE), [*lost("lane"), signal("lane", "device.online", 4)], until=60) == []


def test_silent_and_then_offline_is_one_loss():
    assert len(feed(made(RULE), [signal("lane", "device.silent"), *lost("lane", after=3)], until=60)) == 1


def test_many_at_once_are_one_alert():
    decisions = feed(made(RULE), lost("c1", "c2", "c3", "c4", "c5"), until=9)
    assert brief(decisions) == ["raise */wall high"]
    assert "5台设备同时失联" in decisions[0].reason.zh
    assert decisions[0].severity is Severity.HIGH


def test_those_that_follow_fold_into_it_and_it_is_over_with_the_last():
    first = lost("c1", "c2", "c3", "c4")
    back = [signal(f"c{n}", "device.online", 30 + n) for n in range(1, 6)]
    decisions = feed(made(RULE), [*first, *lost("c5", after=10), *back])
    assert brief(decisions) == ["raise */wall high", "raise */wall high", "clear */wall"]


def test_one_that_was_moved_to_another_place_meanwhile_ends_the_loss_it_was_told_in():
    rule = made(RULE)
    state = rule.start(frozenset())
    away = ("c1", "c2", "c3", "c4")
    asked = [decision for said in lost(*away) for decision in rule.on(state, said)]
    for wake in asked:
        rule.on(state, Wake("r", wake.key, wake.time))
    moved = replace(COMPOUND.devices["c4"], place="gate/east")
    rule.compound = replace(COMPOUND, devices={**COMPOUND.devices, "c4": moved})
    decisions = [d for name in away for d in rule.on(state, signal(name, "device.online", 30))]
    assert brief(decisions) == ["clear */wall"]


def test_few_or_far_apart_are_told_one_by_one():
    decisions = feed(made(RULE), [*lost("c1", "c2", "c3"), *lost("home", "lane")], until=9)
    assert len([word for word in brief(decisions) if "/lost" in word]) == 5


def test_started_with_what_it_held():
    held = ["lane/lost", "*/wall"]
    signals = [*lost("lane"), signal("lane", "device.online", 1), signal("c1", "device.online", 2)]
    assert brief(feed(made(RULE), signals, held)) == ["clear lane/lost", "clear */wall"]


def test_a_covered_camera():
    decisions = feed(made(RULE), [signal("c1", "camera.covered"), signal("c1", "camera.restored", 9)])
    assert brief(decisions) == ["raise c1/covered high", "clear c1/covered"]


def test_without_grace_it_rings_at_once():
    decisions = feed(made(RULE, grace="0s"), [*lost("lane"), signal("lane", "device.online", 1)])
    assert brief(decisions) == ["raise lane/lost medium", "clear lane/lost"]


def test_a_tampered_reader_is_told_until_its_cover_is_closed() -> None:
    raised, cleared = feed(made(RULE), [signal("c1", "reader.tampered"), signal("c1", "reader.restored", 9)])
    assert (raised.key, raised.severity) == ("c1/tampered", Severity.HIGH)
    assert cleared.key == "c1/tampered"


WHY = {"zh": "模块无应答", "en": "the module does not answer"}


def test_it_says_why_where_both_languages_are_known():
    [alone] = feed(made(RULE), [signal("lane", "device.offline", why=WHY)], until=9)
    assert (alone.reason.zh[-11:], alone.reason.en[-28:]) == (" 设备失联：模块无应答", ": the module does not answer")
    [english] = feed(made(RULE), [signal("lane", "device.offline", why="gone")], until=9)
    assert "gone" not in english.reason.zh + english.reason.en, "a Chinese sentence does not end in English"
    [fault] = feed(made(RULE), [signal("lane", "device.faulted", why=WHY)])
    assert fault.reason.zh.endswith(" 设备故障：模块无应答")


def test_a_barrier_that_met_something():
    met = {"zh": "防砸触边被触碰", "en": "the anti-crush edge is touched"}
    decisions = feed(made(RULE), [signal("lane", "barrier.blocked", why=met), signal("lane", "barrier.cleared", 9)])
    assert brief(decisions) == ["raise lane/blocked medium", "clear lane/blocked"]
    assert decisions[0].reason.zh.endswith(" 道闸遇阻：防砸触边被触碰")
    assert decisions[0].reason.en.startswith("Barrier met an obstacle at")


def without(*devices: str) -> Compound:
    return replace(COMPOUND, devices={name: each for name, each in COMPOUND.devices.items() if name not in devices})


def removed(rule, after, *devices):
    """What is said once these devices are in the configuration no more."""
    rule.compound = without(*devices)
    return signal("anju", "configuration.changed", after)


def test_what_is_removed_within_its_grace_does_not_ring() -> None:
    rule = made(RULE)
    assert feed(rule, (event for event in (*lost("lane"), removed(rule, 2, "lane"))), until=60) == []


def test_the_alerts_of_a_removed_device_are_over() -> None:
    rule = made(RULE)

    def story():
        yield from lost("lane", "home")
        yield signal("c1", "camera.covered", 9)
        yield removed(rule, 20, "lane", "c1")
        rule.compound = COMPOUND
        yield from lost("lane", after=30)

    decisions = feed(rule, story(), until=60)
    raised = {"raise lane/lost medium", "raise home/lost medium", "raise c1/covered high"}
    assert set(brief(decisions[:3])) == raised
    assert brief(decisions[3:]) == ["clear c1/covered", "clear lane/lost", "raise lane/lost medium"]
    assert decisions[3].reason.en == "its device was taken out of the configuration"


def test_a_loss_of_many_is_over_when_all_of_them_are_removed() -> None:
    rule, many = made(RULE), ["c1", "c2", "c3", "c4"]

    def story():
        yield from lost(*many)
        yield signal("c5", "device.online", 10)
        yield removed(rule, 20, *many[:3])
        yield removed(rule, 30, *many)

    assert brief(feed(rule, story(), until=60)) == ["raise */wall high", "clear */wall"]


def test_what_it_held_at_a_start_for_a_device_that_is_gone_is_over() -> None:
    rule = made(RULE)
    rule.compound = without("lane")
    decisions = feed(rule, [signal("c1", "device.online", 1)], ["lane/lost", "home/lost"], until=60)
    assert brief(decisions) == ["clear lane/lost"]


SKEW = {"zh": "时钟快8小时", "en": "its clock is 8 h ahead"}
KEY = {"zh": "密钥不对", "en": "its key is another"}


def refused(device, after=0.0, why=SKEW):
    return signal(device, "device.refused", after, why=why)


def test_a_refused_device_rings_after_its_grace_with_the_reason_and_is_over_when_accepted():
    alone, over = feed(made(RULE), [refused("host"), signal("host", "device.online", 60)])
    assert brief([alone, over]) == ["raise host/lost high", "clear host/lost"]
    assert alone.reason.zh == "东门 host号 设备上报被拒，其报警收不到：时钟快8小时"
    assert alone.reason.en == "What East gate (host号) reports is refused, alarms are lost: its clock is 8 h ahead"


def test_refused_ones_are_told_one_by_one_each_with_its_reason():
    decisions = feed(made(RULE), [refused(f"c{n}") for n in range(1, 6)], until=9)
    assert brief(decisions) == [f"raise c{n}/lost medium" for n in range(1, 6)]
    decisions = feed(made(RULE), [*lost("c1", "c2", "c3"), refused("c4")], until=9)
    assert brief(decisions) == [f"raise c{n}/lost medium" for n in range(1, 5)], "it does not make the others many"


def test_lost_and_then_refused_is_one_alert_that_says_what_it_is_now():
    said = [*lost("host"), refused("host", 60), refused("host", 120, KEY), *lost("host", after=180)]
    first, second, third, fourth = feed(made(RULE), said)
    assert {each.key for each in (first, second, third, fourth)} == {"host/lost"}
    assert "No connection" in first.reason.en
    assert "its clock" in second.reason.en
    assert "its key" in third.reason.en
    assert "No connection" in fourth.reason.en


def test_one_of_many_that_is_refused_now_is_told_by_itself():
    said = [*lost("c1", "c2", "c3", "c4"), refused("c4", 30)]
    back = [signal(f"c{n}", "device.online", 60) for n in range(1, 4)]
    decisions = feed(made(RULE), [*said, *back])
    assert brief(decisions) == ["raise */wall high", "raise c4/lost medium", "clear */wall"]


def test_what_was_refused_before_a_restart_is_over_when_accepted_after_it():
    decisions = feed(made(RULE), [signal("host", "device.online")], held=["host/lost"])
    assert brief(decisions) == ["clear host/lost"]
    told = feed(made(RULE), [refused("host"), refused("host", 1)], held=["host/lost"])
    assert brief(told) == ["raise host/lost high"], "told anew, with the reason, in the alert that stands"
