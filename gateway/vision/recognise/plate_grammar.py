"""What may stand on a Chinese number plate, as a small automaton (GA 36-2018 with its amendment of 2020).

Standard library only: `ctc` walks the automaton over a recogniser's output. Plates of the forces, of airports,
tractors and rescue services, which other standards describe, are added by `special_plates`.

    苏M12345     blue, yellow, black: province, authority, five places with at most two letters
    苏M1234学    … with a tail: 警 学 挂 港 澳 使 领 instead of the last place
    苏MD12345    new energy, small: the third place says the drive, the last four are digits
    苏M12345D    new energy, large: five digits, the last place says the drive
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

RARE = 3.0
SELDOM = 1.0
"""Costs of what is not often on the road, so that a smudge is read as the commoner plate (MEASURED.md, Plates)."""
OFF_COLOUR = 5.0
"""Cost of any other plate on a green sheet: seven characters there are eight of which one was cut off."""


def plate_automaton(sheet: PlateColour = PlateColour.ANY) -> Automaton:
    """The automaton of all plates; on a sheet that only some have, these are far likelier."""
    automaton = Automaton()
    other = OFF_COLOUR if sheet is PlateColour.GREEN else 0.0
    office = automaton.step(automaton.step(START, PROVINCES), AUTHORITIES)
    _common(automaton, office, other)
    _small_new_energy(automaton, office)
    _large_new_energy(automaton, office)
    _embassy(automaton, other)
    special_plates.add_special_plates(automaton, sheet)
    return automaton


def _common(automaton: Automaton, office: int, cost: float) -> None:
    """Five places, or four and a tail. `rows` are the states with no, one and two letters so far."""
    rows = _next_place(automaton, [office], cost)
    for _ in range(3):
        rows = _next_place(automaton, rows)
    for row in rows:
        automaton.end(automaton.step(row, TAILS, RARE))
    for row in _next_place(automaton, rows):
        automaton.end(row)


def _next_place(automaton: Automaton, rows: list[int], cost: float = 0.0) -> list[int]:
    further = [automaton.state() for _ in range(min(len(rows), MAX_LETTERS) + 1)]
    for letters, row in enumerate(rows):
        automaton.join(row, further[letters], DIGITS, cost)
        if letters < MAX_LETTERS:
            automaton.join(row, further[letters + 1], LETTERS, cost)
    return further


def _small_new_energy(automaton: Automaton, office: int) -> None:
    drive = automaton.step(office, DRIVES)
    automaton.join(office, drive, LATER_DRIVES, SELDOM)
    state = automaton.step(drive, DIGITS + LETTERS)
    automaton.end(_digits(automaton, state, 4))


def _large_new_energy(automaton: Automaton, office: int) -> None:
    state = _digits(automaton, automaton.step(office, DIGITS, SELDOM), 4)
    drive = automaton.step(state, DRIVES)
    automaton.join(state, drive, LATER_DRIVES, SELDOM)
    automaton.end(drive)


def _embassy(automaton: Automaton, cost: float) -> None:
    """The glyph came first until 2017 and comes last since."""
    automaton.row(FOREIGN, *[DIGITS] * 6, cost=RARE + cost)
    automaton.row(*[DIGITS] * 6, FOREIGN[0], cost=RARE + cost)


def _digits(automaton: Automaton, state: int, count: int) -> int:
    for _ in range(count):
        state = automaton.step(state, DIGITS)
    return state


_LOOKS_LIKE = str.maketrans("IOＩＯ", "1010")
_SEPARATORS = re.compile(r"[\s·•.．・_-]+")


def normalise(text: str) -> str:
    """How a plate is written in the registry: `苏m·123o5` → `苏M12305`. It need not be a plate."""
    bare = _SEPARATORS.sub("", text).upper()
    return bare[:2] + bare[2:].translate(_LOOKS_LIKE)
