"""The likeliest text that a grammar allows, out of a recogniser's CTC output.

A recogniser says for every column of a picture how likely each character is, or none ("blank");
a text is read by dropping repeats and then blanks. Taking the best character of each column
gives the likeliest *columns*; Viterbi over the grammar's automaton gives the likeliest *plate*.
Sans-I/O: arrays in, text out.

Along the columns two scores are carried: for every state, the best way to be there on a blank,
and for every arc, the best way to be on its character. An arc is entered from its source's
blank, or straight from another character there, and from the same character only across a blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.automaton import START, Automaton

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_NEVER = -1e9
_STAY = -1
_FROM_BLANK = -2
_TINY = 1e-300
_QUIET = -6.0
"""How much less likely (natural log) every character is than none in a column that is passed over."""


class TextScores(NamedTuple):
    """Log likelihoods of each character (columns × alphabet) and of none, and the plain ones for the confidence."""

    characters: Floats
    blank: Floats
    plain: Floats


class CtcResult(NamedTuple):
    """`log_likelihood` of the whole path; `columns[i]` is where character i begins."""

    text: str
    log_likelihood: float
    columns: tuple[int, ...]


@dataclass(slots=True)
class CtcDecoder:
    """Walks one automaton over any number of outputs. `alphabet` gives the order of the score columns."""

    automaton: Automaton
    alphabet: str
    prior: Mapping[str, float] = field(default_factory=dict)
    """Gains (natural log) on characters that lead out of the start: the home province."""

    _source: Ints = field(init=False)
    _letter: Ints = field(init=False)
    _gain: Floats = field(init=False)
    _targets: Ints = field(init=False)
    _first: Ints = field(init=False)

    def __post_init__(self) -> None:
        arcs = sorted(self.automaton.arcs, key=lambda arc: arc.target)
        self._source = np.array([arc.source for arc in arcs])
        self._letter = np.array([self.alphabet.index(arc.character) for arc in arcs])
        self._gain = np.array(
            [(self.prior.get(arc.character, 0.0) if arc.source == START else 0.0) - arc.cost for arc in arcs]
        )
        self._targets, self._first = np.unique([arc.target for arc in arcs], return_index=True)

    def cost(self, text: str) -> float | None:
        """What the grammar charges for `text`, less what the prior gives it; None when it is no text of the grammar."""
        cost = self.automaton.cost(text)
        return None if cost is None else cost - self.prior.get(text[:1], 0.0)

    def decode(self, characters: Floats, blank: Floats) -> CtcResult | None:
        """`characters` (columns × alphabet) and `blank` (columns) are log likelihoods.

        None when the picture has too few columns for any text of the grammar.
        """
        characters, blank, begins = _squeezed(characters, blank)
        states, arcs = self.automaton.states, len(self._source)
        on_blank, on_arc = np.full(states, _NEVER), np.full(arcs, _NEVER)
        on_blank[START] = 0.0
        trail: list[tuple[Ints, Ints]] = []
        for heard, silence in zip(characters, blank, strict=True):
            leader, into = self._leaders(on_arc, states)
            entered, arc_from = self._enter(on_blank, on_arc, leader, into)
            arc_from[on_arc >= entered] = _STAY
            blank_from = np.where(into > on_blank, leader, _STAY)
            on_blank = np.maximum(on_blank, into) + silence
            on_arc = np.maximum(on_arc, entered) + heard[self._letter]
            trail.append((arc_from, blank_from))
        found = self._best(on_blank, on_arc, trail)
        return found and found._replace(columns=tuple(int(begins[column]) for column in found.columns))

    def _leaders(self, on_arc: Floats, states: int) -> tuple[Ints, Floats]:
        """For every state the best arc into it and that arc's score."""
        leader, into = np.full(states, _STAY), np.full(states, _NEVER)
        best = np.maximum.reduceat(on_arc, self._first)
        spread = np.repeat(best, np.diff(self._first, append=len(on_arc)))
        holders = np.flatnonzero(on_arc == spread)[::-1]
        into[self._targets] = best
        leader[self._target_of(holders)] = holders
        return leader, into

    def _target_of(self, arcs: Ints) -> Ints:
        return self._targets[np.searchsorted(self._first, arcs, side="right") - 1]

    def _enter(self, on_blank: Floats, on_arc: Floats, leader: Ints, into: Floats) -> tuple[Floats, Ints]:
        """The best score on which each arc is entered, and where from."""
        second = on_arc.copy()
        second[leader[self._targets]] = _NEVER
        runner, runner_into = self._leaders(second, len(on_blank))
        previous, score = leader[self._source], into[self._source]
        same = (previous >= 0) & (self._letter[previous] == self._letter)
        previous = np.where(same, runner[self._source], previous)
        score = np.where(same, runner_into[self._source], score)
        quiet = on_blank[self._source]
        return np.maximum(quiet, score) + self._gain, np.where(quiet >= score, _FROM_BLANK, previous)

    def _best(self, on_blank: Floats, on_arc: Floats, trail: list[tuple[Ints, Ints]]) -> CtcResult | None:
        leader, into = self._leaders(on_arc, len(on_blank))
        finals = np.array(sorted(self.automaton.finals))
        scores = np.maximum(on_blank, into)[finals]
        state = int(finals[scores.argmax()])
        if scores.max() <= _NEVER / 2:
            return None
        arc = int(leader[state]) if into[state] > on_blank[state] else None
        return self._walk_back(state, arc, trail, float(scores.max()))

    def _walk_back(self, state: int, arc: int | None, trail: list[tuple[Ints, Ints]], score: float) -> CtcResult:
        """From the last column to the first; `arc` is None while on a blank in `state`."""
        found: list[tuple[int, int]] = []
        for column in range(len(trail) - 1, -1, -1):
            arc_from, blank_from = trail[column]
            if arc is None:
                arc = int(blank_from[state]) if blank_from[state] != _STAY else None
                continue
            if arc_from[arc] == _STAY:
                continue
            found.append((column, arc))
            state = int(self._source[arc])
            arc = None if arc_from[arc] == _FROM_BLANK else int(arc_from[arc])
        found.reverse()
        text = "".join(self.alphabet[self._letter[arc]] for _, arc in found)
        return CtcResult(text, score, tuple(column for column, _ in found))


def _squeezed(characters: Floats, blank: Floats) -> tuple[Floats, Floats, Ints]:
    """Columns in a row that say nothing but blank, as one; and which column each begins at.

    Two thirds of a line's columns are such, and walking goes column by column.
    """
    quiet = characters.max(axis=1, initial=_NEVER) < blank + _QUIET
    begins = np.flatnonzero(np.concatenate([[True], ~(quiet[1:] & quiet[:-1])]))
    return np.maximum.reduceat(characters, begins), np.add.reduceat(blank, begins), begins


def log_likelihoods(texts: Sequence[str], alphabet: str, scores: TextScores) -> Floats:
    """The logarithm of each text's chance, over all paths that spell it (the forward algorithm of CTC).

    Each text is spread to blank, character, blank, character … blank; along the columns a path stays, goes on, or
    leaps over a blank between two different characters. `texts` are at least one character long each.
    """
    letters = np.zeros((len(texts), max(map(len, texts))), int)
    for row, text in zip(letters, texts, strict=True):
        row[: len(text)] = [alphabet.index(character) for character in text]
    ends = 2 * np.array([len(text) for text in texts])
    places = 2 * letters.shape[1] + 1
    leaps = np.zeros((len(texts), places))
    leaps[:, 3::2] = letters[:, 1:] != letters[:, :-1]
    heard = np.empty((len(scores.blank), len(texts), places))
    heard[:, :, 0::2] = np.exp(scores.blank)[:, None, None]
    heard[:, :, 1::2] = np.exp(scores.characters)[:, letters]
    at = np.zeros_like(leaps)
    at[:, :2] = heard[0, :, :2]
    total = np.zeros(len(texts))
    for column in heard[1:]:
        further = at.copy()
        further[:, 1:] += at[:, :-1]
        further[:, 2:] += leaps[:, 2:] * at[:, :-2]
        further *= column
        scale = further.sum(axis=1) + _TINY
        at = further / scale[:, None]
        total += np.log(scale)
    rows = np.arange(len(texts))
    return np.asarray(total + np.log(at[rows, ends] + at[rows, ends - 1] + _TINY), np.float64)
