"""Compares a configuration and its walk tests with what a standard wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.config import Configuration
from gateway.config.privacy_findings import watches
from gateway.config.residents.privacy import SHORTEST_VIDEO
from gateway.model import Device, DeviceType, Words
from gateway.privacy.comply.standard import (
    CameraTest,
    DeviceTest,
    Requirement,
    SettingTest,
    Standard,
    Test,
    WalkTestTest,
)

TESTED = frozenset({DeviceType.ZONE, DeviceType.SENSOR, DeviceType.HOME})
"""Types of devices that `anju walk-test` trips."""
_SHOWN = 8
_UNIT = re.compile(r"(?P<unit>[^/]+/u\d+)(/.*)?")
_ROOM = re.compile(r"[^/]+/u\d+/\d+(/.*)?")
_WALL = re.compile(r"(^|/)(wall|fence|perimeter|weiqiang)")
_GATE = re.compile(r"(^|/)(gate|entrance|lane|barrier)")


class Answer(StrEnum):
    """`asked`: the gateway can't see it; a person answers."""

    MET = "met"
    MISSING = "missing"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Result:
    """One requirement and what was found. `why` says what there is, or what is missing."""

    requirement: Requirement
    answer: Answer
    why: Words


@dataclass(frozen=True, slots=True)
class WalkTests:
    """Which devices passed their last walk test, and which failed it."""

    passed: Collection[str] = field(default_factory=frozenset)
    failed: Collection[str] = field(default_factory=frozenset)


def check(standard: Standard, level: int, configuration: Configuration, walk_tests: WalkTests) -> list[Result]:
    """All requirements of the level, in the standard's order."""
    return [_result(one, configuration, walk_tests) for one in standard.wanted_at(level)]


def _result(requirement: Requirement, configuration: Configuration, walk_tests: WalkTests) -> Result:
    tests = requirement.test if isinstance(requirement.test, tuple) else (requirement.test,)
    found = [_answer(test, configuration, walk_tests) for test in tests]
    answers = {answer for answer, _why in found}
    # What is missing decides, then what has to be asked.
    worst = next(each for each in (Answer.MISSING, Answer.ASKED, Answer.MET) if each in answers)
    shown = [why for answer, why in found if answer is worst]
    return Result(requirement, worst, Words("；".join(w.zh for w in shown), "; ".join(w.en for w in shown)))


def _answer(test: Test, configuration: Configuration, walk_tests: WalkTests) -> tuple[Answer, Words]:
    match test:
        case DeviceTest():
            return _devices(test, configuration)
        case CameraTest():
            return _cameras(test, configuration)
        case WalkTestTest():
            return _walked(configuration, walk_tests)
        case SettingTest(setting=name):
            return _SETTINGS[name](configuration)
    return Answer.ASKED, Words("请人工确认", "a person has to answer this")


def _devices(test: DeviceTest, configuration: Configuration) -> tuple[Answer, Words]:
    found = [
        device
        for device in configuration.all_devices().values()
        if device.type.value in test.devices
        and _is_at(device.place, test.at)
        and _is_named(device, test, configuration)
    ]
    if test.share == "all" and test.at == "unit":
        units = {each["unit"] for path in configuration.places if (each := _UNIT.fullmatch(path)) is not None}
        without = sorted(units - {_unit_of(device.place) for device in found})
        if without:
            return Answer.MISSING, Words(f"还没有：{_list(without, '、')}", f"none at {_list(without, ', ')}")
    if not found:
        return Answer.MISSING, Words("没有这样的设备", "there is no such device")
    names = [device.id for device in found]
    return Answer.MET, Words(_list(names, "、"), _list(names, ", "))


def _cameras(test: CameraTest, configuration: Configuration) -> tuple[Answer, Words]:
    found = [
        entry.device.id
        for entry in configuration.devices
        if watches(entry, test.cameras) and _is_at(entry.device.place, test.at)
    ]
    if not found:
        return Answer.MISSING, Words("没有这样的摄像机", "there is no such camera")
    return Answer.MET, Words(_list(found, "、"), _list(found, ", "))


def _walked(configuration: Configuration, walk_tests: WalkTests) -> tuple[Answer, Words]:
    tested = [device.id for device in configuration.all_devices().values() if device.type in TESTED]
    if not tested:
        return Answer.MISSING, Words("没有防区", "there are no zones")
    failed = sorted(set(tested) & set(walk_tests.failed))
    missing = sorted(set(tested) - set(walk_tests.passed) - set(walk_tests.failed))
    if failed:
        return Answer.MISSING, Words(f"未通过：{_list(failed, '、')}", f"failed: {_list(failed, ', ')}")
    if missing:
        return Answer.MISSING, Words(f"还没有测试：{_list(missing, '、')}", f"not tested: {_list(missing, ', ')}")
    return Answer.MET, Words(f"{len(tested)} 个防区全部通过", f"all {len(tested)} zones passed")


def _video_days(configuration: Configuration) -> tuple[Answer, Words]:
    days = configuration.compound.retention.clips.days
    said = Words(f"报警录像保存 {days} 天；连续录像请看录像机", f"clips: {days} days; for the rest see the recorder")
    enough = configuration.compound.retention.clips >= SHORTEST_VIDEO
    return (Answer.ASKED if enough else Answer.MISSING), said


def _shifts(configuration: Configuration) -> tuple[Answer, Words]:
    names = [shift.name for shift in configuration.desk.shifts]
    if not names:
        return Answer.MISSING, Words("没有排班", "there are no shifts")
    return Answer.MET, Words("、".join(names), ", ".join(names))


def _patrols(configuration: Configuration) -> tuple[Answer, Words]:
    patrols = configuration.desk.patrols
    count, points = len(patrols.rounds), len(patrols.checkpoints)
    if not count or not points:
        return Answer.MISSING, Words("desk.yaml 没有巡更路线", "desk.yaml has no patrols")
    return Answer.MET, Words(f"{count} 条路线，{points} 个巡查点", f"{count} rounds, {points} checkpoints")


def _procedures(configuration: Configuration) -> tuple[Answer, Words]:
    if not configuration.rules:
        return Answer.MISSING, Words("rules.yaml 没有规则", "rules.yaml has no rules")
    return Answer.MET, Words(f"{len(configuration.rules)} 条规则，带处置预案", f"{len(configuration.rules)} rules")


def _linked_video(configuration: Configuration) -> tuple[Answer, Words]:
    devices = configuration.all_devices().values()
    cameras = {device.place for device in devices if device.type is DeviceType.CAMERA}
    near = {place for group in configuration.compound.near if cameras & set(group) for place in group}
    zones = [device for device in devices if device.type is DeviceType.ZONE]
    alone = sorted(zone.id for zone in zones if zone.place not in cameras | near)
    if not zones or alone:
        shown = _list(alone, ", ") or "-"
        return Answer.MISSING, Words(f"没有摄像机对应：{shown}", f"no camera near: {shown}")
    return Answer.MET, Words(f"{len(zones)} 个防区都有摄像机", f"all {len(zones)} zones have a camera near")


_SETTINGS: Mapping[str, Callable[[Configuration], tuple[Answer, Words]]] = {
    "video_days": _video_days,
    "shifts": _shifts,
    "patrols": _patrols,
    "procedures": _procedures,
    "linked_video": _linked_video,
}


def _is_at(place: str, sort: str) -> bool:
    match sort:
        case "gate":
            return _GATE.search(place) is not None
        case "wall":
            return _WALL.search(place) is not None
        case "unit":  # the unit's door and hall, not its homes
            return _unit_of(place) is not None and not _ROOM.fullmatch(place)
        case "building":
            return _unit_of(place) is not None or re.fullmatch(r"b\d+(/.*)?", place) is not None
        case "room":
            return _ROOM.fullmatch(place) is not None
    return True


def _is_named(device: Device, test: DeviceTest, configuration: Configuration) -> bool:
    if not test.named:
        return True
    place = configuration.places.get(device.place)
    names = " ".join((device.id, device.name, device.place, *((place.name.zh, place.name.en) if place else ())))
    return any(word.casefold() in names.casefold() for word in test.named)


def _unit_of(place: str) -> str | None:
    found = _UNIT.fullmatch(place)
    return found["unit"] if found else None


def _list(names: Iterable[str], separator: str) -> str:
    shown = list(names)
    more = len(shown) - _SHOWN
    return separator.join(shown[:_SHOWN]) + (f" … (+{more})" if more > 0 else "")
