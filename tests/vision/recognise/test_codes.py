"""QR codes of passes, rendered, warped, blurred and shaded."""

from __future__ import annotations

import pytest

from gateway.vision.recognise.codes import CodeVoting, ReadCode, read_codes, without_codes
from gateway.vision.recognise.tracker import RecognitionTracker
from tests.vision.code_pictures import TEXT, Look, code_picture, gray


@pytest.mark.parametrize(
    "look",
    [
        Look(side=240),
        Look(side=130),
        Look(side=240, turn=37),
        Look(side=240, tilt=0.35),
        Look(side=240, blur=1.6),
        Look(side=240, shade=0.75),
        Look(side=240, noise=18),
        Look(side=240, turn=12, tilt=0.25, blur=1.2, shade=0.6, noise=8),
    ],
    ids=str,
)
def test_a_code_is_read_and_the_stored_picture_does_not_show_it(look: Look) -> None:
    picture = code_picture(TEXT, look)
    (code,) = read_codes(gray(picture))
    assert code.text == TEXT
    assert TEXT not in repr(code)
    assert read_codes(gray(without_codes(picture, [code]))) == []


def test_a_picture_without_a_code() -> None:
    assert read_codes(gray(code_picture(None, Look(side=240, noise=18)))) == []


def test_a_text_that_can_be_no_pass_is_left_out() -> None:
    assert read_codes(gray(code_picture("x" * 600, Look(side=600)))) == []
    assert read_codes(gray(code_picture("a\nb", Look(side=240)))) == []


def _code(text: str) -> ReadCode:
    return ReadCode(text, "QRCode", (0, 0, 10, 10), ((0, 0), (10, 0), (10, 10), (0, 10)))


def test_a_code_is_reported_once_a_visit_and_the_next_text_at_once() -> None:
    tracker = RecognitionTracker[ReadCode, str, ReadCode](CodeVoting())
    told = []
    for at, text in [(0.0, "a"), (0.2, "a"), (1.0, "b"), (1.2, "b"), (5.0, "b"), (9.0, "a"), (21.0, "a")]:
        tracker.advance(at - 0.5)  # as the recognition thread does twice a second
        told += [(at, one.result.text) for one in tracker.update(at, [_code(text)], "view")]
    assert told == [(0.0, "a"), (1.0, "b"), (21.0, "a")]
