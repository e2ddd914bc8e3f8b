"""The grammar of Chinese number plates as an automaton (GA 36-2018 with its amendment of 2020).

Standard library only: `ctc` decodes a recogniser's output with it. Plates of the forces, of airports, tractors and
rescue services, which other standards describe, are added by `special_plates`.

    苏M12345     blue, yellow, black: province, authority, five places with at most two letters
    苏M1234学    … with a tail: 警 学 挂 港 澳 使 领 instead of the last place
    苏MD12345    new energy, small: the third place is the drive, the last four are digits
    苏M12345D    new energy, large: five digits, the last place is the drive
    使123456     an embassy's; newer ones 123456使; 领123456 a consulate's
"""

from __future__ import annotations

import re

from gateway.vision.recognise import special_plates
from gateway.vision.recognise.automaton import START, Automaton
from gateway.vision.recognise.plate_characters import (
    AUTHORITIES,
    DIGITS,
    DRIVES,
    FOREIGN,
    LATER_DRIVES,
    LETTERS,
    PROVINCES,
    TAILS,
)
from gateway.vision.recognise.plate_colour import PlateColour

MAX_LETTERS = 2
"""Of the five places of a blue plate's serial at most two are letters (GA 36, table of serials)."""

RARE_COST = 3.0
SELDOM_COST = 1.0
"""Costs of rare plates, so that a blurred plate is read as the commoner one (MEASURED.md, Plates)."""
OFF_COLOUR_COST = 5.0
"""Cost of any other plate on a green background: seven characters there are eight with one cut off."""


def plate_automaton(colour: PlateColour = PlateColour.ANY) -> Automaton:
    """The automaton of all plates; plates with this background colour of their own are far more likely on it."""
    automaton = Automaton()
    other_cost = OFF_COLOUR_COST if colour is PlateColour.GREEN else 0.0
    prefix = automaton.add_step(automaton.add_step(START, PROVINCES), AUTHORITIES)
    _add_common(automaton, prefix, other_cost)
    _add_small_new_energy(automaton, prefix)
    _add_large_new_energy(automaton, prefix)
    _add_embassy(automaton, other_cost)
    special_plates.add_special_plates(automaton, colour)
    return automaton


def _add_common(automaton: Automaton, prefix: int, cost: float) -> None:
    """Five places, or four and a tail. `states` have no, one and two letters so far."""
    states = _add_serial_place(automaton, [prefix], cost)
    for _ in range(3):
        states = _add_serial_place(automaton, states)
    for state in states:
        automaton.mark_final(automaton.add_step(state, TAILS, RARE_COST))
    for state in _add_serial_place(automaton, states):
        automaton.mark_final(state)


def _add_serial_place(automaton: Automaton, states: list[int], cost: float = 0.0) -> list[int]:
    next_states = [automaton.add_state() for _ in range(min(len(states), MAX_LETTERS) + 1)]
    for letters, state in enumerate(states):
        automaton.connect(state, next_states[letters], DIGITS, cost)
        if letters < MAX_LETTERS:
            automaton.connect(state, next_states[letters + 1], LETTERS, cost)
    return next_states


def _add_small_new_energy(automaton: Automaton, prefix: int) -> None:
    drive = automaton.add_step(prefix, DRIVES)
    automaton.connect(prefix, drive, LATER_DRIVES, SELDOM_COST)
    state = automaton.add_step(drive, DIGITS + LETTERS)
    automaton.mark_final(_digits(automaton, state, 4))


def _add_large_new_energy(automaton: Automaton, prefix: int) -> None:
    state = _digits(automaton, automaton.add_step(prefix, DIGITS, SELDOM_COST), 4)
    drive = automaton.add_step(state, DRIVES)
    automaton.connect(state, drive, LATER_DRIVES, SELDOM_COST)
    automaton.mark_final(drive)


def _add_embassy(automaton: Automaton, cost: float) -> None:
    """The glyph came first until 2017 and comes last since."""
    automaton.add_sequence(FOREIGN, *[DIGITS] * 6, cost=RARE_COST + cost)
    automaton.add_sequence(*[DIGITS] * 6, FOREIGN[0], cost=RARE_COST + cost)


def _digits(automaton: Automaton, state: int, count: int) -> int:
    for _ in range(count):
        state = automaton.add_step(state, DIGITS)
    return state


_LOOKS_LIKE = str.maketrans("IOＩＯ", "1010")
_SEPARATORS = re.compile(r"[\s·•.．・_-]+")


def normalise(text: str) -> str:
    """A plate as it is written in the registry: `苏m·123o5` → `苏M12305`. It need not be a plate."""
    compact = _SEPARATORS.sub("", text).upper()
    # the second place is always a letter, so its O is none that was misread for 0
    return compact[:2] + compact[2:].translate(_LOOKS_LIKE)
