"""What QR readers print."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.protocols.credential.code_lines import MAX_CODE_BYTES, CodeLineDecoder
from gateway.protocols.credential.masking import mask_text

CODE = "p1.Ab-c_9" + "x" * 200


def test_a_code_of_two_hundred_characters_byte_by_byte() -> None:
    decoder, found = CodeLineDecoder(), []
    for byte in f"{CODE}\r\n".encode():
        found += decoder.feed(bytes((byte,)))
    assert found == [CODE]


def test_the_prefix_is_taken_off() -> None:
    decoder = CodeLineDecoder("QR:")
    good, bad, empty = decoder.feed(b"QR:abc\rabc\r\nQR:\n")
    assert good == "abc"
    assert isinstance(bad, BadInput)
    assert isinstance(empty, BadInput)


def test_what_is_no_text_is_unreadable() -> None:
    (bad,) = CodeLineDecoder().feed(b"ab\xffcd\n")
    assert isinstance(bad, BadInput)


@given(st.lists(st.binary(max_size=700), max_size=5))
def test_codes_are_bounded(chunks: list[bytes]) -> None:
    decoder = CodeLineDecoder()
    for chunk in chunks:
        for code in decoder.feed(chunk):
            assert isinstance(code, BadInput) or 0 < len(code) <= MAX_CODE_BYTES


@given(st.binary())
def test_a_masked_code_keeps_no_letter_and_no_digit(code: bytes) -> None:
    masked = mask_text(code)
    assert len(masked) == len(code)
    assert set(masked) <= {*b"0A"} | {byte for byte in code if byte < 0x80 and not chr(byte).isalnum()}
