"""How often codes may be asked for and tried: by number, by address, by door plate, and in all.

What is counted does not depend on whether a number is in the register, so a refusal tells nothing about that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import timedelta

from gateway.errors import TooMany
from gateway.limits import RateLimit, Refusal, RefusalLog, network
from gateway.model import Words
from gateway.residents.types import Settings

ASKED = Refusal("resident-sign-in", Words("索取验证码过于频繁", "codes are asked for too often"))
TRIED = Refusal("resident-sign-in", Words("尝试验证码过于频繁", "codes are tried too often"))
WRONG = Refusal("resident-sign-in", Words("验证码错误", "wrong code"))
WRONG_KEY = Refusal("resident-sign-in", Words("登录二维码无效", "a QR code for signing in is not valid"))
ASKED_IN_ALL = Refusal(
    "resident-sign-in", Words("住户验证码总量超限，可能有人攻击", "codes in all: an attack?"), grave=True
)
WRONG_IN_ALL = Refusal(
    "resident-sign-in", Words("大量错误验证码，可能有人在猜", "wrong codes in all: somebody guesses"), grave=True
)
Clock = Callable[[], float]


class SignInLimits:
    """Raises TooMany, and counts each refusal."""

    def __init__(self, refusals: RefusalLog, settings: Settings, clock: Clock = time.monotonic) -> None:
        self._refusals, self._settings, self._clock = refusals, settings, clock
        minutes = timedelta(minutes=10)
        self._asked_by: dict[tuple[str, int], RateLimit] = {}
        self._asked = RateLimit(200, minutes, clock)
        self._tried_by_number = RateLimit(10, timedelta(minutes=30), clock)
        self._tried_by_address = RateLimit(30, minutes, clock)
        self._wrong = RateLimit(300, timedelta(hours=1), clock)

    def ask(self, number: bytes, address: str, door: str) -> None:
        """Somebody asks for a code. `door` is the door plate's token, empty when none was scanned."""
        place, settings = network(address), self._settings()
        self._take(ASKED, self._limit("address", settings.codes_per_address), place, place)
        if door:
            self._take(ASKED, self._limit("door", settings.codes_per_door), door, place)
        self._take(ASKED, self._limit("number", settings.codes_per_number), number, place)
        self._take(ASKED_IN_ALL, self._asked, None, place)

    def attempt(self, number: bytes, address: str) -> None:
        """Somebody tries a code."""
        place = network(address)
        self._take(TRIED, self._tried_by_address, place, place)
        self._take(TRIED, self._tried_by_number, number, place)
        if self._wrong.wait_for(None) > 0:
            self._refusals.note(WRONG_IN_ALL, address=place)
            raise TooMany("too many attempts", self._wrong.wait_for(None))

    def attempt_key(self, address: str) -> None:
        """Somebody uses a key on paper."""
        place = network(address)
        self._take(TRIED, self._tried_by_address, place, place)

    def wrong(self, address: str) -> None:
        """The code was wrong."""
        self._wrong.count(None)
        self._refusals.note(WRONG, address=network(address))

    def wrong_key(self, address: str) -> None:
        """The key was of no use."""
        self._refusals.note(WRONG_KEY, address=network(address))

    def right(self, number: bytes, address: str) -> None:
        """The code was right: that try is not counted."""
        self._tried_by_number.refund(number)
        self._tried_by_address.refund(network(address))

    def _limit(self, by: str, burst: int) -> RateLimit:
        """Codes in ten minutes; a new one when the settings change."""
        return self._asked_by.setdefault((by, burst), RateLimit(burst, timedelta(minutes=10), self._clock))

    def _take(self, refusal: Refusal, limit: RateLimit, key: Hashable, address: str) -> None:
        try:
            limit.take(key)
        except TooMany:
            self._refusals.note(refusal, address=address)
            raise
