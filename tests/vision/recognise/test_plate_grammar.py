from __future__ import annotations

import pytest

from gateway.vision.recognise.automaton import Automaton
from gateway.vision.recognise.plate_characters import ALPHABET, PROVINCES
from gateway.vision.recognise.plate_colour import PlateColour
from gateway.vision.recognise.plate_grammar import normalise, plate_automaton


@pytest.fixture(scope="module")
def automaton() -> Automaton:
    return plate_automaton()


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
        "领123456",
        "VA30093",
        "WJ1693015",
        "WJ16A3015",
        "WJ京1234X",
        "WJ12345",
        "京X1234应急",
        "沪S0012应急",
        "民航A1234",
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
        ("AB1234", "Hong Kong's own"),
        ("OA30093", "no force has this letter"),
        ("京D1234应急", "X for the country's services, S for a town's"),
        ("民航1234", "aprons have a letter"),
        ("川0112345", "a tractor's sheet is green; elsewhere it is a date: 云0130412"),
    ],
)
def test_what_is_none(automaton: Automaton, text: str, why: str) -> None:
    assert not automaton.accepts(text), why


def test_a_tractors_plate_is_one_on_dark_green_alone() -> None:
    assert plate_automaton(PlateColour.DARK_GREEN).accepts("川0112345")
    assert not any(
        plate_automaton(sheet).accepts("川0112345") for sheet in PlateColour if sheet is not PlateColour.DARK_GREEN
    )


def test_the_forces_former_plates_are_white() -> None:
    assert plate_automaton(PlateColour.WHITE).accepts("军A12345")
    assert not any(
        plate_automaton(sheet).accepts("南Q18632") for sheet in PlateColour if sheet is not PlateColour.WHITE
    )


@pytest.mark.parametrize("text", ["VA30093", "WJ1693015", "京X1234应急"])
def test_white_plates_cost_more_on_any_other_sheet(text: str) -> None:
    on_white, elsewhere = plate_automaton(PlateColour.WHITE).cost(text), plate_automaton().cost(text)
    assert on_white is not None
    assert elsewhere is not None
    assert elsewhere >= on_white + 5


def test_there_are_31_provinces_and_no_character_twice() -> None:
    assert len(PROVINCES) == 31
    assert len(set(ALPHABET)) == len(ALPHABET)


@pytest.mark.parametrize("sheet", PlateColour)
def test_a_character_leads_into_a_state_from_one_state_alone(sheet: PlateColour) -> None:
    entered = [(arc.target, arc.character) for arc in plate_automaton(sheet).arcs]
    assert len(set(entered)) == len(entered)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("苏m·12345", "苏M12345"), ("苏A HOG66", "苏AH0G66"), ("粤O1I234", "粤O11234"), (" 沪A-D00001 ", "沪AD00001")],
)
def test_one_spelling_for_each(typed: str, kept: str) -> None:
    assert normalise(typed) == kept
