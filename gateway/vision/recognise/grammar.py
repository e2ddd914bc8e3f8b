"""What may stand on a Chinese number plate, as a small automaton (GA 36-2018 with its amendment of 2020).

Standard library only: `ctc` walks the automaton over a recogniser's output. Every place of a plate is
a set of characters, so an automaton is a list of arcs; one character leads into a state from one state
alone, which keeps both walking it and walking it back simple.

    苏M12345     blue, yellow, black: province, authority, five places with at most two letters
    苏M1234学    … with a tail: 警 学 挂 港 澳 使 领 instead of the last place
    苏MD12345    new energy, small: the third place says the drive, the last four are digits
    苏M12345D    new energy, large: five digits, the last place says the drive
    使123456     an embassy's; newer ones 123456使
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""I and O are left out: on metal they are 1 and 0."""
AUTHORITIES = LETTERS + "O"
"""The second place is a letter always, so there O is no 0."""
TAILS = "警学挂港澳使领"
DRIVES = "DF"
"""Battery alone, or not: what nearly every green plate says."""
LATER_DRIVES = "ABCEGHJK"
"""What a province gives out when D and F are used up (amendment of 2020)."""
EMBASSY = "使"
ALPHABET = PROVINCES + AUTHORITIES + DIGITS + TAILS

MOST_LETTERS = 2
"""Of the five places of a blue plate's serial at most two are letters (GA 36, table of serials)."""

START = 0


@dataclass(frozen=True, slots=True)
class Arc:
    """Reading `character` leads from state `source` to state `target` and costs `cost` (natural log units)."""

    source: int
    target: int
    character: str
    cost: float = 0.0


@dataclass(slots=True)
class Automaton:
    """Arcs over states that are counted from START; a text is a plate when it ends in one of `finals`."""

    arcs: list[Arc] = field(default_factory=list)
    finals: set[int] = field(default_factory=set)
    states: int = 1

    def accepts(self, text: str) -> bool:
        reached = {START}
        for character in text:
            reached = {arc.target for arc in self.arcs if arc.source in reached and arc.character == character}
        return bool(reached & self.finals)

    def state(self) -> int:
        self.states += 1
        return self.states - 1

    def step(self, source: int, characters: Iterable[str], cost: float = 0.0) -> int:
        """A new state behind `source`, reached by any of `characters`."""
        target = self.state()
        self.join(source, target, characters, cost)
        return target

    def join(self, source: int, target: int, characters: Iterable[str], cost: float = 0.0) -> None:
        self.arcs.extend(Arc(source, target, character, cost) for character in characters)

    def end(self, state: int) -> None:
        self.finals.add(state)


RARE = 3.0
SELDOM = 1.0
"""Costs of what is not often on the road, so that a smudge is read as the commoner plate (MEASURED.md, Plates)."""
OFF_COLOUR = 5.0
"""Cost of any other plate on a green sheet: seven characters there are eight of which one was cut off."""


def plates(*, green: bool = False) -> Automaton:
    """The automaton of all plates above; on a `green` sheet those of new energy are far likelier."""
    automaton = Automaton()
    other = OFF_COLOUR if green else 0.0
    office = automaton.step(automaton.step(START, PROVINCES), AUTHORITIES)
    _common(automaton, office, other)
    _small_new_energy(automaton, office)
    _large_new_energy(automaton, office)
    _embassy(automaton, other)
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
    further = [automaton.state() for _ in range(min(len(rows), MOST_LETTERS) + 1)]
    for letters, row in enumerate(rows):
        automaton.join(row, further[letters], DIGITS, cost)
        if letters < MOST_LETTERS:
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
    automaton.end(_digits(automaton, automaton.step(START, EMBASSY, RARE + cost), 6))
    first = automaton.step(START, DIGITS, RARE + cost)
    automaton.end(automaton.step(_digits(automaton, first, 5), EMBASSY))


def _digits(automaton: Automaton, state: int, count: int) -> int:
    for _ in range(count):
        state = automaton.step(state, DIGITS)
    return state


_LOOKS_LIKE = str.maketrans("IOＩＯ", "1010")
_SEPARATORS = re.compile(r"[\s·•.．・_-]+")


def normal(text: str) -> str:
    """How a plate is written in the registry: `苏m·123o5` → `苏M12305`. It need not be a plate."""
    bare = _SEPARATORS.sub("", text).upper()
    return bare[:2] + bare[2:].translate(_LOOKS_LIKE)
