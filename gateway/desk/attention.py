"""What is wrong with the attention at the desk: a function of the screens, what rings, settings and time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta

from gateway.config.desk import AttentionSection
from gateway.desk.presence import ALIVE_S, Presence, Screen
from gateway.model import Words

NOBODY, UNTOUCHED, SILENT, STALE = "nobody", "untouched", "silent", "stale"


def missing_attention(
    presence: Presence, ringing_since: float | None, settings: AttentionSection
) -> Mapping[str, Words]:
    """The alerts that there should be, by key. `ringing_since`: since when something rings that nobody took."""
    now = presence.monotonic()
    if now - presence.started < settings.grace.total_seconds():
        return {}
    return {
        **dict(_nobody(presence, settings, now)),
        **dict(_untouched(presence, ringing_since, settings, now)),
        **dict(_screens(presence, settings, now)),
    }


def _nobody(presence: Presence, settings: AttentionSection, now: float) -> Iterator[tuple[str, Words]]:
    since = presence.started if presence.last_seen is None else presence.last_seen
    if settings.nobody is not None and now - since >= settings.nobody.total_seconds():
        yield (
            NOBODY,
            Words(
                f"值班台已有{_minutes(settings.nobody)}分钟以上无人登录",
                f"No guard has had the desk open for {_minutes(settings.nobody)} minutes",
            ),
        )


def _untouched(
    presence: Presence, ringing_since: float | None, settings: AttentionSection, now: float
) -> Iterator[tuple[str, Words]]:
    if settings.untouched is None or ringing_since is None:
        return
    since = max(ringing_since, presence.last_touch or 0.0)
    if now - since >= settings.untouched.total_seconds():
        minutes = _minutes(settings.untouched)
        yield (
            UNTOUCHED,
            Words(
                f"值班台响铃，{minutes}分钟以上无人操作",
                f"The desk rings and nobody has touched it for {minutes} minutes",
            ),
        )


def _screens(presence: Presence, settings: AttentionSection, now: float) -> Iterator[tuple[str, Words]]:
    by_user: dict[str, list[Screen]] = defaultdict(list)
    for screen in presence.screens():
        by_user[screen.user].append(screen)
    for user, screens in by_user.items():
        alive = [screen for screen in screens if now - screen.seen < ALIVE_S]
        if alive and settings.silent is not None and all(_is(s.silent_since, settings.silent, now) for s in alive):
            yield f"{SILENT}:{user}", Words(f"{user}的值班台不能发声", f"The desk of {user} can't play sound")
        if settings.stale is not None and _stale(screens, alive, settings.stale, now):
            yield (
                f"{STALE}:{user}",
                Words(f"{user}的值班台画面已过时或已停住", f"The desk of {user} shows old data or hangs"),
            )


def _stale(screens: list[Screen], alive: list[Screen], after: timedelta, now: float) -> bool:
    """A page says so, or all of the user's pages went silent without a goodbye."""
    if alive:
        return any(_is(screen.stale_since, after, now) for screen in alive)
    return all(now - screen.seen >= after.total_seconds() for screen in screens)


def _is(since: float | None, after: timedelta, now: float) -> bool:
    return since is not None and now - since >= after.total_seconds()


def _minutes(length: timedelta) -> int:
    return max(1, round(length.total_seconds() / 60))
