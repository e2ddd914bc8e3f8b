"""Whether a pass opens a door at a moment, and if not, why: a pure function of the pass and the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from gateway.config.residents import VisitorSection
from gateway.model import Words
from gateway.model.access_pass import Pass

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class PassRefusal:
    """`code` is for programs: revoked, early, over, other_door, hours, weekday or used_up."""

    code: str
    reason: Words


REVOKED = PassRefusal("revoked", Words("通行证已撤销", "The pass was revoked"))
OTHER_DOOR = PassRefusal("other_door", Words("通行证不含这个门", "The pass is not for this door"))
WEEKDAY = PassRefusal("weekday", Words("通行证今天不可用", "The pass does not open doors on this day"))


def refusal(one: Pass, settings: VisitorSection, door: str, at: datetime, zone: tzinfo) -> PassRefusal | None:
    """Why the pass does not open this door now; None when it does. `at` is any aware time."""
    if one.revoked_at is not None:
        return REVOKED
    if at < one.since:
        begins = one.since.astimezone(zone)
        return PassRefusal(
            "early", Words(f"通行证从 {begins:%m-%d %H:%M} 起有效", f"The pass begins {begins:%m-%d %H:%M}")
        )
    if at > one.until:
        ended = one.until.astimezone(zone)
        return PassRefusal("over", Words(f"通行证已于 {ended:%m-%d %H:%M} 到期", f"The pass ended {ended:%m-%d %H:%M}"))
    if door not in one.doors:
        return OTHER_DOOR
    if one.uses is not None and one.used >= one.uses:
        return PassRefusal("used_up", Words(f"通行证次数已用完（{one.uses} 次）", f"All {one.uses} uses are spent"))
    return _outside_of_its_kind(one, settings, at, zone)


def _outside_of_its_kind(one: Pass, settings: VisitorSection, at: datetime, zone: tzinfo) -> PassRefusal | None:
    kind = settings.all_kinds.get(one.kind)
    if kind is None:  # no longer in the file: what the pass itself says still holds
        return None
    if _DAYS[at.astimezone(zone).weekday()] not in kind.days:
        return WEEKDAY
    if kind.hours is not None and not kind.hours.holds(at, zone):
        name = kind.name.words
        words = Words(f"{name.zh}只能在 {kind.hours} 进出", f"{name.en}: only {kind.hours}")
        return PassRefusal("hours", words)
    return None
