"""The codes of passes: signed, in their time, unlike any other text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from gateway.passes.codes import (
    CodeFault,
    VerifiedCode,
    code_text,
    looks_like_code,
    new_pass_id,
    pass_key,
    verify_code,
    window_at,
)

KEY, ID = b"k" * 32, "abcdefg2"
NOW = datetime(2026, 11, 30, 8, 0, 10, tzinfo=UTC)
NONE = timedelta(0)


def test_a_code_is_verified_in_its_window():
    window = window_at(NOW)
    assert verify_code(code_text(KEY, ID, window), KEY, NOW) == VerifiedCode(ID, window)


def test_the_text_is_the_same_for_ever():
    """Pages that phones have kept make these texts too: a change would shut out every visitor."""
    assert code_text(KEY, ID, 59868960) == "VABCDEFG2AOIYOIEVVTCLDPVX5W3Q"
    assert pass_key(KEY, ID).hex() == "e84a4b8e31757c5dae5fadf822437cece6ca72cd5f4b3b4be9c63e73c34d4171"


def test_it_fits_a_small_code_that_may_lose_a_quarter():
    code = segno.make_qr(code_text(KEY, new_pass_id(), window_at(NOW)), error="q", boost_error=False)
    assert (code.version, code.error, code.mode) == (2, "Q", "alphanumeric")


BEGINS = datetime(2026, 11, 30, 8, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "code"),
    [(-31, "early"), (-30, None), (0, None), (30, None), (60, None), (61, "expired"), (3600, "expired")],
)
def test_its_time_is_half_a_minute_and_the_tolerance_before_and_after(after, code):
    text = code_text(KEY, ID, window_at(BEGINS))
    found = verify_code(text, KEY, BEGINS + timedelta(seconds=after), timedelta(seconds=30))
    assert (found.code if isinstance(found, CodeFault) else None) == code


def test_a_screenshot_names_its_pass_when_it_is_refused():
    old = window_at(NOW - timedelta(hours=1))
    found = verify_code(code_text(KEY, ID, old), KEY, NOW)
    assert isinstance(found, CodeFault)
    assert (found.code, found.pass_id, found.window) == ("expired", ID, old)


def test_another_gateways_code_is_forged():
    found = verify_code(code_text(b"x" * 32, ID, window_at(NOW)), KEY, NOW)
    assert isinstance(found, CodeFault)
    assert (found.code, found.pass_id) == ("forged", "")


def test_one_pass_cant_make_the_code_of_another():
    """A visitor knows the key of their own pass only."""
    theirs = code_text(KEY, ID, window_at(NOW))
    other = code_text(KEY, "abcdefg3", window_at(NOW))
    mixed = other[:9] + theirs[9:]
    found = verify_code(mixed, KEY, NOW)
    assert isinstance(found, CodeFault)
    assert found.code == "forged"


@given(st.integers(0, 28), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_no_character_can_be_changed(at, character):
    text = code_text(KEY, ID, window_at(NOW))
    changed = text[:at] + character + text[at + 1 :]
    assert isinstance(verify_code(changed, KEY, NOW), VerifiedCode) == (changed == text)


@given(st.text(max_size=40) | st.from_regex(r"V[A-Z2-7]{28}", fullmatch=True))
def test_no_other_text_is_a_code(text):
    found = verify_code(text, KEY, NOW)
    assert isinstance(found, CodeFault)
    assert found.code in {"foreign", "forged"}


def test_a_reader_can_tell_codes_from_cards():
    assert looks_like_code(f" {code_text(KEY, ID, 1)}\r\n")
    assert not looks_like_code("0012345678")
    assert not looks_like_code("https://anju.example/v/abc")
