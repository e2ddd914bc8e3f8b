"""The screens of guards: who has the desk open, whether it can sound, and when somebody touched it.

Screens report every few seconds. Nothing of this is on record: after a start everybody reports anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_SCREENS = 200
ALIVE_S = 90.0
"""A screen that reported nothing for this long is gone, or hangs. A hidden tab reports once a minute."""
FORGOTTEN_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One open page. Times are of the monotonic clock.

    `silent_since` and `stale_since`: since when it says that it can't sound, or that its data are old.
    """

    user: str
    page: str
    seen: float
    touched: float
    visible: bool = True
    silent_since: float | None = None
    stale_since: float | None = None


class Presence:
    """At most MAX_SCREENS; the one that reported longest ago is dropped first."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self.started = monotonic()
        self.last_seen: float | None = None
        """When any screen reported last."""
        self.last_touch: float | None = None
        self._screens: OrderedDict[tuple[str, str], Screen] = OrderedDict()

    def report(self, user: str, page: str, *, visible: bool, sounds: bool, stale: bool, idle_s: float) -> None:
        """A page of this user is open. `idle_s` is how long ago somebody touched it."""
        now, key = self.monotonic(), (user, page)
        before = self._screens.pop(key, None)
        touched = now - idle_s
        self._screens[key] = Screen(
            user=user,
            page=page,
            seen=now,
            touched=touched,
            visible=visible,
            silent_since=None if sounds else _since(before.silent_since if before else None, now),
            stale_since=None if not stale else _since(before.stale_since if before else None, now),
        )
        self.last_seen = now
        self.last_touch = touched if self.last_touch is None else max(self.last_touch, touched)
        while len(self._screens) > MAX_SCREENS:
            self._screens.popitem(last=False)

    def leave(self, user: str, page: str) -> None:
        """The page is closed, or its user has signed out."""
        self._screens.pop((user, page), None)

    def screens(self) -> list[Screen]:
        """Those that reported within FORGOTTEN_S."""
        now = self.monotonic()
        return [screen for screen in self._screens.values() if now - screen.seen < FORGOTTEN_S]

    def users(self) -> list[str]:
        """Who has the desk open now, sorted."""
        now = self.monotonic()
        return sorted({screen.user for screen in self._screens.values() if now - screen.seen < ALIVE_S})


def _since(known: float | None, now: float) -> float:
    return now if known is None else known
