"""What is kept of cards that could not be read."""

from __future__ import annotations

import pytest

from gateway.protocols.credential.masking import mask_bits, mask_line


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (b"0007233920", b"0000000020"),
        (b"006E6180", b"000A0080"),
        (b"card=110,24960;", b"AArA=000,00000;"),
        (b"7", b"7"),
        (b"", b""),
    ],
)
def test_a_line_keeps_its_shape_and_its_end(line: bytes, kept: bytes) -> None:
    assert mask_line(line) == kept


def test_of_bits_the_last_byte_is_kept() -> None:
    assert mask_bits(b"\x12\x34\x56") == b"\0\0\x56"
    assert mask_bits(b"") == b""
