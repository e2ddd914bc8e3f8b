"""When a pass opens a door, and the reason when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.config.residents import VisitorSection
from gateway.model.access_pass import Pass
from gateway.passes.code_windows import CodeUse, CodeWindows
from gateway.passes.codes import VerifiedCode
from gateway.passes.validity import refusal

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in Shanghai
PASS = Pass(
    "abcdefg2", "visitor", "b3/u1/1502", "p1", "李雷", "", NOON, NOON + timedelta(hours=4), ("east", "lobby"), uses=2
)


def why(one=PASS, door="east", at=NOON, **settings):
    found = refusal(one, VisitorSection.model_validate(settings), door, at, ZONE)
    return found and found.code


def test_it_opens_its_doors_in_its_time():
    assert why() is None
    assert why(door="lobby", at=PASS.until) is None


@pytest.mark.parametrize(
    ("code", "changes", "door", "after"),
    [
        ("early", {}, "east", -1),
        ("over", {}, "east", 4 * 3600 + 1),
        ("revoked", {"revoked_at": NOON}, "east", 0),
        ("other_door", {}, "west", 0),
        ("used_up", {"used": 2}, "east", 0),
    ],
)
def test_it_is_refused_with_the_reason(code, changes, door, after):
    assert why(replace(PASS, **changes), door, NOON + timedelta(seconds=after)) == code


def test_times_are_told_by_the_compounds_clock():
    found = refusal(PASS, VisitorSection(), "east", NOON - timedelta(hours=1), ZONE)
    assert found is not None
    assert found.reason.zh == "通行证从 11-30 12:00 起有效"


def test_a_kind_has_hours_and_days():
    helper = {"name": "保姆", "longest": "90d", "usual": "30d", "hours": "08:00-13:00", "days": ["mon", "wed"]}
    regular = replace(PASS, kind="helper", until=NOON + timedelta(days=30), uses=None)
    kinds = {"helper": helper}
    assert why(regular, kinds=kinds) is None
    assert why(regular, at=NOON + timedelta(hours=1), kinds=kinds) == "hours"
    assert why(regular, at=NOON + timedelta(days=1), kinds=kinds) == "weekday"
    assert why(regular, at=NOON + timedelta(days=2), kinds=kinds) is None


def test_a_pass_whose_kind_has_left_the_configuration_still_holds():
    assert why(replace(PASS, kind="gone")) is None


CODE = VerifiedCode(PASS.id, 7)


def seen(door, after, *, window=7):
    windows = CodeWindows()
    windows.note(PASS.id, 7, CodeUse("east", NOON))
    found = windows.fault(VerifiedCode(PASS.id, window), door, NOON + timedelta(seconds=after))
    return found and found.code


def test_a_code_before_one_reader_is_presented_once():
    assert seen("east", 0) is None
    assert seen("east", 10) is None
    assert seen("east", 11) == "replayed"


def test_a_code_at_another_door_was_passed_on():
    assert seen("lobby", 1) == "copied"
    assert seen("lobby", 1, window=8) is None  # the next code: the visitor has walked on


def test_the_first_use_of_a_code_counts():
    windows = CodeWindows()
    windows.note(PASS.id, 7, CodeUse("east", NOON))
    windows.note(PASS.id, 7, CodeUse("east", NOON + timedelta(seconds=9)))
    found = windows.fault(CODE, "east", NOON + timedelta(seconds=18))
    assert found is not None  # a row of people with one screenshot can't keep it going
