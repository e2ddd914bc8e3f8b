from __future__ import annotations

import pytest

from gateway.vision.recognise.grammar import ALPHABET, PROVINCES, Automaton, normal, plates


@pytest.fixture(scope="module")
def automaton() -> Automaton:
    return plates()


@pytest.mark.parametrize(
    "text",
    [
        "苏M12345",
        "苏MA2345",
        "苏M1234A",
        "苏MAB345",
        "苏M1AB45",
        "粤O12345",
        "苏MD12345",
        "苏MF1234",
        "苏MDA2345",
        "苏M12345F",
        "苏M1234警",
        "苏MA234学",
        "苏M1234挂",
        "粤Z1234港",
        "粤Z1234澳",
        "沪A0023领",
        "京A1234使",
        "使123456",
        "123456使",
    ],
)
def test_what_is_a_plate(automaton: Automaton, text: str) -> None:
    assert automaton.accepts(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing"),
        ("苏M1234", "too short"),
        ("苏M123456", "too long for blue, no drive for green"),
        ("M苏12345", "the province comes first"),
        ("苏112345", "the second place is a letter"),
        ("苏I12345", "I is no authority"),
        ("苏MO2345", "no O in the serial"),
        ("苏M1234I", "no I in the serial"),
        ("苏MABC45", "three letters in the serial"),
        ("苏MABC4警", "three letters before a tail"),
        ("苏MD1234A", "the last four places of a small green plate are digits"),
        ("苏M1234DD", "one drive"),
        ("苏M警1234", "a tail comes last"),
        ("使12345", "an embassy has six digits"),
    ],
)
def test_what_is_none(automaton: Automaton, text: str, why: str) -> None:
    assert not automaton.accepts(text), why


def test_there_are_31_provinces_and_no_character_twice() -> None:
    assert len(PROVINCES) == 31
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_a_character_leads_into_a_state_from_one_state_alone(automaton: Automaton) -> None:
    entered = [(arc.target, arc.character) for arc in automaton.arcs]
    assert len(set(entered)) == len(entered)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("苏m·12345", "苏M12345"), ("苏A HOG66", "苏AH0G66"), ("粤O1I234", "粤O11234"), (" 沪A-D00001 ", "沪AD00001")],
)
def test_one_spelling_for_each(typed: str, kept: str) -> None:
    assert normal(typed) == kept
