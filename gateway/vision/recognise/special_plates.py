"""Plates that are described elsewhere than in GA 36, for the automaton of `plate_grammar`.

One a line, with an example:

VA30093      forces since 2012: two letters and five digits, on white
军A12345     forces until 2012: their branch or region, a letter, five digits, on white
WJ1693015    armed police until 2012: WJ, two digits of the unit, digit or letter, four digits, on white
WJ京1234X    armed police since: WJ, province (none at headquarters), four digits, digit or letter, on white
京X1234应急  rescue services: province, X or S, four digits, 应急, on white
民航A1234    airport aprons: 民航, letter, four digits, light on green
川0112345    tractors (NY 345): province, two digits of the city, five digits, light on green
"""

from __future__ import annotations

from gateway.vision.recognise.automaton import Automaton
from gateway.vision.recognise.plate_characters import (
    AIRPORT,
    DIGITS,
    FORCES,
    FORMER_FORCES,
    LETTERS,
    PROVINCES,
    RESCUE,
)
from gateway.vision.recognise.plate_colour import PlateColour

OWN_COLOUR_COST, RARER_COST, OTHER_COLOUR_COST = 1.0, 2.0, 7.0
"""Costs on a plate's own background colour, of rarer plates there, and on any other colour, where a caption
would be read as such a plate."""
AIRPORT_COST, TRACTOR_COST = 3.0, 3.0
"""A tractor's plate is accepted on its own colour alone: elsewhere the date that a camera writes into its
picture would be one. So are the forces' former plates: on blue a smeared province would be read as a
region."""


def add_special_plates(automaton: Automaton, colour: PlateColour) -> None:
    """Add them, with costs that depend on the background's colour."""
    extra_cost = 0.0 if colour is PlateColour.WHITE else OTHER_COLOUR_COST - OWN_COLOUR_COST
    digit_or_letter = DIGITS + LETTERS
    automaton.add_sequence(FORCES, LETTERS, *[DIGITS] * 5, cost=extra_cost + OWN_COLOUR_COST)
    # accepted on white only, not merely charged elsewhere
    if colour is PlateColour.WHITE:
        automaton.add_sequence(FORMER_FORCES, LETTERS, *[DIGITS] * 5, cost=RARER_COST)
    automaton.add_sequence("W", "J", DIGITS, DIGITS, digit_or_letter, *[DIGITS] * 4, cost=extra_cost + RARER_COST)
    automaton.add_sequence("W", "J", PROVINCES, *[DIGITS] * 4, digit_or_letter, cost=extra_cost + RARER_COST)
    automaton.add_sequence("W", "J", *[DIGITS] * 4, digit_or_letter, cost=extra_cost + RARER_COST)
    automaton.add_sequence(PROVINCES, "XS", *[DIGITS] * 4, *RESCUE, cost=extra_cost + OWN_COLOUR_COST)
    automaton.add_sequence(*AIRPORT, LETTERS, *[DIGITS] * 4, cost=AIRPORT_COST)
    if colour is PlateColour.DARK_GREEN:
        automaton.add_sequence(PROVINCES, *[DIGITS] * 7, cost=TRACTOR_COST)
