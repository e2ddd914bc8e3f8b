"""Card bits: the layouts against cards whose printed number is known, and against anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.protocols.credential.credential import Credential
from gateway.protocols.credential.wiegand import BY_LENGTH, LAYOUTS, MAX_BITS, decode, encode, from_bytes

HEAVIEST = {"H10301": (255, 65_535), "H10306": (65_535, 65_535), "WG34": (0, 2**32 - 1)}


@pytest.mark.parametrize(
    ("bits", "name", "facility", "number"),
    [
        # 26 bits of facility 110, number 24960, parities by hand: 011011100110 has 7 ones, 000110000000 2
        ("1" + "01101110" + "0110000110000000" + "1", "H10301", 110, 24960),
        # and these by hand from the table
        ("0" + "0" * 18 + "0" * 16 + "1" + "0", "H10302", None, 1),
        ("1" + "0000000000000001" + "0000000000000000000" + "1", "H10304", 1, 0),
        ("0" + "0000000000000011" + "0000000000000001" + "0", "H10306", 3, 1),
        ("0" + "0000000000000011" + "0000000000000001" + "0", "WG34", None, 3 << 16 | 1),
    ],
)
def test_known_cards(bits: str, name: str, facility: int | None, number: int) -> None:
    card = decode(int(bits, 2), len(bits), name)
    assert (card.format, card.facility, card.number, card.bits) == (name, facility, number, len(bits))


@given(st.sampled_from(sorted(LAYOUTS)), st.data())
def test_what_is_encoded_is_decoded(name: str, data: st.DataObject) -> None:
    layout = LAYOUTS[name]
    number = data.draw(st.integers(0, 2**layout.number.length - 1))
    facility = data.draw(st.integers(0, 2**layout.facility.length - 1)) if layout.facility else 0
    value, bits = encode(name, number, facility)
    card = decode(value, bits, name)
    assert (card.number, card.facility or 0) == (number, facility)
    hit = data.draw(st.integers(0, bits - 1))
    with pytest.raises(BadInput, match="parity"):
        decode(value ^ 1 << hit, bits, name) if hit not in _in_both(name) else decode(value ^ 1, bits, name)


def _in_both(name: str) -> set[int]:
    """Bits, counted from the last, that both parities cover: one that flips is seen by both."""
    layout = LAYOUTS[name]
    both = set(range(layout.even.first, layout.even.first + layout.even.length)) & set(
        range(layout.odd.first, layout.odd.first + layout.odd.length)
    )
    return {layout.bits - 1 - bit for bit in both} - {0}


@given(st.integers(1, MAX_BITS), st.data())
def test_any_bits_are_a_card_or_bad_input(bits: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, 2**bits - 1))
    try:
        card = decode(value, bits)
    except BadInput:
        assert bits in BY_LENGTH
    else:
        assert card.code is None or int(card.code, 16) == value
        assert "****" in card.masked


@given(st.binary(max_size=80), st.integers(-5, 700))
def test_packed_bits(data: bytes, bits: int) -> None:
    try:
        value = from_bytes(data, bits)
    except BadInput:
        assert not 0 < bits <= len(data) * 8
    else:
        assert f"{value:0{bits}b}" == "".join(f"{byte:08b}" for byte in data)[:bits]


@pytest.mark.parametrize(("value", "bits"), [(0, 0), (1 << 26, 26), (-1, 26), (0, MAX_BITS + 1), (0, 10**9)])
def test_no_card(value: int, bits: int) -> None:
    with pytest.raises(BadInput):
        decode(value, bits)


def test_a_number_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="65536 does not fit in 16 bits"):
        encode("H10301", 65_536)


@pytest.mark.parametrize(
    ("card", "masked"),
    [
        (Credential("H10301", number=24960), "**** 60"),
        (Credential("WG34", number=4_192_208), "**** 208"),
        (Credential("WG34", number=7_234_561_234), "**** 1234"),
        (Credential("decimal", number=7), "**** 7"),
        (Credential("raw", code="0a1b2c3d"), "**** 2c3d"),
    ],
)
def test_people_see_the_last_digits_alone(card: Credential, masked: str) -> None:
    assert card.masked == masked
    assert card.data()["credential"] == masked
    assert str(card.number or card.code) not in repr(card)
