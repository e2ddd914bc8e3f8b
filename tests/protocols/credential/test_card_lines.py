"""What readers print, cut anywhere and with anything around it; the keys of a keypad."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.protocols.credential.card_lines import MAX_LINE_BYTES, PATTERNS, CardLineDecoder
from gateway.protocols.credential.credential import Credential
from gateway.protocols.credential.keypad import MAX_DIGITS, PinCollector

LINES = [
    ("decimal", b"0007233920\r\n", Credential("decimal", number=7_233_920)),
    ("hex", b"006E6180\r\n", Credential("hex", code="006e6180")),
    ("facility_number", b"110,24960\r\n", Credential("facility_number", number=24960, facility=110)),
    ("facility_number", b"110 24960\r", Credential("facility_number", number=24960, facility=110)),
    ("wiegand26_hex", b"6E6180\r", Credential("H10301", number=24960, facility=110, bits=26)),
    ("wiegand_bits", b"10110111001100001100000001\n", Credential("H10301", number=24960, facility=110, bits=26)),
    ("stx_hex", b"\x0201006E61808E\x03", Credential("stx_hex", number=7_233_920)),
    ("stx_hex", b"\x0201006E61808E\r\n\x03", Credential("stx_hex", number=7_233_920)),
]
# the worked example of ID-Innovations' data sheets for ID-2, ID-12 and ID-20: 62E3086CED, check digits 08
SHEET = (b"\x0262E3086CED08\r\n\x03", 0xE3086CED)


@pytest.mark.parametrize(("name", "line", "card"), LINES)
def test_a_card_as_each_reader_prints_it(name: str, line: bytes, card: Credential) -> None:
    assert CardLineDecoder(name, None).feed(line) == [card]


def test_the_example_of_the_data_sheet() -> None:
    (card,) = CardLineDecoder("stx_hex", None).feed(SHEET[0])
    assert isinstance(card, Credential)
    assert card.number == SHEET[1]


@given(st.sampled_from(LINES), st.integers(1, 5), st.data())
def test_lines_survive_any_cutting(line: tuple[str, bytes, Credential], times: int, data: st.DataObject) -> None:
    name, wire, card = line
    printed, found, wire = CardLineDecoder(name, None), [], wire * times
    while wire:
        count = data.draw(st.integers(1, len(wire)))
        found += printed.feed(wire[:count])
        wire = wire[count:]
    assert found == [card] * times


@given(st.sampled_from(sorted(PATTERNS)), st.lists(st.binary(max_size=300), max_size=20))
def test_anything_is_a_card_or_bad_input(name: str, chunks: list[bytes]) -> None:
    printed = CardLineDecoder(name, None)
    for chunk in chunks:
        for found in printed.feed(chunk):
            assert isinstance(found, Credential) or len(found.data) <= MAX_LINE_BYTES
        assert len(printed._lines._line) <= MAX_LINE_BYTES
    printed.reset()
    assert not printed._lines._line


@pytest.mark.parametrize(
    ("name", "line", "why"),
    [
        ("decimal", b"00a\r\n", "a line that does not look like decimal"),
        ("stx_hex", b"\x0201006E61808F\x03", "the check digits are wrong"),
        ("stx_hex", b"\x0201006E\x0201006E61808E\x03", "a line broke off"),
        ("wiegand_bits", b"00110111001100001100000001\n", "a card of 26 bits whose parity is not that of H10301"),
        ("decimal", b"1" * 200 + b"\r\n", "128 bytes and no end of the line"),
    ],
)
def test_reasons_of_unreadable_lines(name: str, line: bytes, why: str) -> None:
    first = CardLineDecoder(name, None).feed(line)[0]
    assert isinstance(first, BadInput)
    assert str(first.why) == why


def test_an_incomplete_line_is_reported_at_silence_and_the_next_is_read() -> None:
    printed = CardLineDecoder("decimal", None)
    assert printed.feed(b"0007") == []
    (half,) = printed.reset()
    assert isinstance(half, BadInput)
    assert (str(half.why), half.data) == ("a line broke off", b"0007")
    assert printed.feed(b"0007233920\r\n") == [LINES[0][2]]


def test_an_installers_pattern() -> None:
    printed = CardLineDecoder("pattern", r"C(?P<facility>\d{3})-(?P<number>\d{5})")
    assert printed.feed(b"C110-24960\r\n") == [Credential("pattern", number=24960, facility=110)]
    bits = CardLineDecoder("pattern", r"W:(?P<bits>[01]+)", "H10301")
    assert bits.feed(b"W:10110111001100001100000001\n") == [LINES[5][2]]
    strange = CardLineDecoder("pattern", r"(?P<number>.*)")
    (bad,) = strange.feed(b"x1\n")
    assert isinstance(bad, BadInput)


def test_keys_become_a_pin() -> None:
    keypad = PinCollector(5)
    assert keypad.press(b"12", 1) == []
    assert keypad.press(b"34", 2) == []
    assert "1234" not in repr(keypad)
    assert keypad.press(b"\x0d", 3) == ["1234"]
    assert keypad.press(b"#", 3) == []
    assert keypad.press(b"99*123#5", 4) == ["123"]
    assert keypad.expire(8) == []
    assert keypad.expire(9) == ["5"]
    assert keypad.expire(10) == []


def test_a_timeout_separates_two_pins() -> None:
    keypad = PinCollector(5)
    keypad.press(b"12", 1)
    assert keypad.press(b"345#", 7) == ["12", "345"]


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_a_pin_is_digits_and_no_longer_kept_than_it_is_entered(presses: list[bytes]) -> None:
    keypad = PinCollector(5)
    for number, keys in enumerate(presses):
        for pin in keypad.press(keys, number):
            assert pin.isdecimal()
            assert pin.isascii()
            assert len(pin) <= MAX_DIGITS
    keypad.expire(len(presses) + 5)
    assert keypad._digits == ""
