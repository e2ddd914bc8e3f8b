"""Password hashes: their parameters, their timing, and a flood of sign-ins."""

from __future__ import annotations

import statistics
import time

import pytest

from gateway.auth.passwords import Passwords
from gateway.errors import TooMany


async def test_passwords_are_argon2id_with_the_rfcs_parameters():
    hashed = await Passwords().hash("something")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_flood_of_sign_ins_keeps_nobody_out_who_was_in_before(monkeypatch):
    known = Passwords()
    hashed = await known.hash("right-one")
    assert await known.matches(hashed, "right-one")
    monkeypatch.setattr(known, "_waiting", 1000)
    assert await known.matches(hashed, "right-one")
    with pytest.raises(TooMany):
        await known.matches(hashed, "wrong-one")


async def test_a_wrong_user_takes_as_long_as_a_wrong_password():
    passwords = Passwords()
    known = await passwords.hash("right")
    await passwords.matches(None, "warm")

    async def seconds(hashed):
        started = time.perf_counter()
        assert not await passwords.matches(hashed, "wrong")
        return time.perf_counter() - started

    there = statistics.median([await seconds(known) for _ in range(5)])
    nobody = statistics.median([await seconds(None) for _ in range(5)])
    assert 0.4 < there / nobody < 2.5
