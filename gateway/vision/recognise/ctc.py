"""CTC decoding under a grammar: the most likely text that an automaton accepts. Sans-I/O: arrays in, text out.

For every column of a picture a recogniser gives the probability of each character and of none ("blank"); a text is
read by dropping repeats and then blanks. The best character of each column gives the most likely *columns*; Viterbi
decoding over the automaton gives the most likely *plate*.

Two scores are carried along the columns: for every state, the best path that is there on a blank, and for every arc,
the best path that is on its character. An arc is entered from its source's blank, or directly from another character
there; from the same character only across a blank.
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
"""Log likelihood of what is impossible; finite, so that sums of it remain comparable."""
_STAY = -1
"""Backpointers: the path stays where it is, or comes from the source's blank."""
_FROM_BLANK = -2
_EPSILON = 1e-300
_SKIP_MARGIN = -6.0
"""A column is skipped if every character is so much less likely (natural log) than the blank."""


class TextScores(NamedTuple):
    """Log likelihoods of each character (columns × alphabet) and of the blank; probabilities for the certainty."""

    characters: Floats
    blank: Floats
    probabilities: Floats


class CtcResult(NamedTuple):
    """`log_likelihood` of the whole path; `columns[i]` is where character i begins."""

    text: str
    log_likelihood: float
    columns: tuple[int, ...]


@dataclass(slots=True)
class CtcDecoder:
    """Decodes with one automaton. `alphabet` is the order of the score columns. Not for two threads at once."""

    automaton: Automaton
    alphabet: str
    prior: Mapping[str, float] = field(default_factory=dict)
    """Gains (natural log) of characters that leave the start state: the home province."""

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
        """The grammar's cost of `text` less the prior's gain; None if the grammar does not accept it."""
        cost = self.automaton.cost(text)
        return None if cost is None else cost - self.prior.get(text[:1], 0.0)

    def decode(self, characters: Floats, blank: Floats) -> CtcResult | None:
        """`characters` (columns × alphabet) and `blank` (columns) are log likelihoods.

        Returns None if the picture has too few columns for any text of the grammar.
        """
        characters, blank, column_starts = _skip_blank_columns(characters, blank)
        states, arcs = self.automaton.states, len(self._source)
        on_blank, on_arc = np.full(states, _NEVER), np.full(arcs, _NEVER)
        on_blank[START] = 0.0
        backpointers: list[tuple[Ints, Ints]] = []
        for character_scores, blank_score in zip(characters, blank, strict=True):
            best_arc, best_score = self._best_arcs(on_arc, states)
            entry_score, arc_from = self._enter(on_blank, on_arc, best_arc, best_score)
            # Staying on the same character over several columns costs no arc.
            arc_from[on_arc >= entry_score] = _STAY
            blank_from = np.where(best_score > on_blank, best_arc, _STAY)
            on_blank = np.maximum(on_blank, best_score) + blank_score
            on_arc = np.maximum(on_arc, entry_score) + character_scores[self._letter]
            backpointers.append((arc_from, blank_from))
        result = self._best_path(on_blank, on_arc, backpointers)
        return result and result._replace(columns=tuple(int(column_starts[column]) for column in result.columns))

    def _best_arcs(self, on_arc: Floats, states: int) -> tuple[Ints, Floats]:
        """For every state the best arc into it, and that arc's score."""
        best_arc, best_score = np.full(states, _STAY), np.full(states, _NEVER)
        best = np.maximum.reduceat(on_arc, self._first)
        spread = np.repeat(best, np.diff(self._first, append=len(on_arc)))
        # Reversed, so that of equal scores the first arc is written last and wins.
        holders = np.flatnonzero(on_arc == spread)[::-1]
        best_score[self._targets] = best
        best_arc[self._target_of(holders)] = holders
        return best_arc, best_score

    def _target_of(self, arcs: Ints) -> Ints:
        return self._targets[np.searchsorted(self._first, arcs, side="right") - 1]

    def _enter(self, on_blank: Floats, on_arc: Floats, best_arc: Ints, best_score: Floats) -> tuple[Floats, Ints]:
        """The best score with which each arc is entered, and from where."""
        # CTC merges repeats: from the same character an arc can't be entered directly, so the second best arc is needed
        # too.
        second = on_arc.copy()
        second[best_arc[self._targets]] = _NEVER
        second_arc, second_score = self._best_arcs(second, len(on_blank))
        previous, score = best_arc[self._source], best_score[self._source]
        same = (previous >= 0) & (self._letter[previous] == self._letter)
        previous = np.where(same, second_arc[self._source], previous)
        score = np.where(same, second_score[self._source], score)
        blank_score = on_blank[self._source]
        return np.maximum(blank_score, score) + self._gain, np.where(blank_score >= score, _FROM_BLANK, previous)

    def _best_path(self, on_blank: Floats, on_arc: Floats, backpointers: list[tuple[Ints, Ints]]) -> CtcResult | None:
        best_arc, best_score = self._best_arcs(on_arc, len(on_blank))
        finals = np.array(sorted(self.automaton.finals))
        scores = np.maximum(on_blank, best_score)[finals]
        state = int(finals[scores.argmax()])
        # no path has reached a final state
        if scores.max() <= _NEVER / 2:
            return None
        arc = int(best_arc[state]) if best_score[state] > on_blank[state] else None
        return self._trace_back(state, arc, backpointers, float(scores.max()))

    def _trace_back(
        self, state: int, arc: int | None, backpointers: list[tuple[Ints, Ints]], score: float
    ) -> CtcResult:
        """Follow the backpointers from the last column to the first; `arc` is None while on a blank in `state`."""
        steps: list[tuple[int, int]] = []
        for column in range(len(backpointers) - 1, -1, -1):
            arc_from, blank_from = backpointers[column]
            if arc is None:
                arc = int(blank_from[state]) if blank_from[state] != _STAY else None
                continue
            if arc_from[arc] == _STAY:
                continue
            steps.append((column, arc))
            state = int(self._source[arc])
            arc = None if arc_from[arc] == _FROM_BLANK else int(arc_from[arc])
        steps.reverse()
        text = "".join(self.alphabet[self._letter[arc]] for _, arc in steps)
        return CtcResult(text, score, tuple(column for column, _ in steps))


def _skip_blank_columns(characters: Floats, blank: Floats) -> tuple[Floats, Floats, Ints]:
    """Merge consecutive columns that are clearly blank; also returns where each column begins.

    Two thirds of a line's columns are blank, and decoding goes column by column.
    """
    is_blank = characters.max(axis=1, initial=_NEVER) < blank + _SKIP_MARGIN
    column_starts = np.flatnonzero(np.concatenate([[True], ~(is_blank[1:] & is_blank[:-1])]))
    return np.maximum.reduceat(characters, column_starts), np.add.reduceat(blank, column_starts), column_starts


def log_likelihoods(texts: Sequence[str], alphabet: str, scores: TextScores) -> Floats:
    """The logarithm of each text's probability, over all paths that spell it (the CTC forward algorithm).

    Each text is expanded to blank, character, blank, character … blank. Along the columns a path stays, advances, or
    skips a blank between two different characters. `texts` are at least one character long each.
    """
    letters = _letters(texts, alphabet)
    final_positions = 2 * np.array([len(text) for text in texts])
    positions = 2 * letters.shape[1] + 1
    skips = np.zeros((len(texts), positions))
    skips[:, 3::2] = letters[:, 1:] != letters[:, :-1]
    character_scores = np.empty((len(scores.blank), len(texts), positions))
    character_scores[:, :, 0::2] = np.exp(scores.blank)[:, None, None]
    character_scores[:, :, 1::2] = np.exp(scores.characters)[:, letters]
    forward = np.zeros_like(skips)
    forward[:, :2] = character_scores[0, :, :2]
    total = np.zeros(len(texts))
    for column in character_scores[1:]:
        next_forward = forward.copy()
        next_forward[:, 1:] += forward[:, :-1]
        next_forward[:, 2:] += skips[:, 2:] * forward[:, :-2]
        next_forward *= column
        # Rescaled at each column, or the probabilities would underflow after some dozens of columns.
        scale = next_forward.sum(axis=1) + _EPSILON
        forward = next_forward / scale[:, None]
        total += np.log(scale)
    rows = np.arange(len(texts))
    final = forward[rows, final_positions] + forward[rows, final_positions - 1]
    return np.asarray(total + np.log(final + _EPSILON), np.float64)


def _letters(texts: Sequence[str], alphabet: str) -> Ints:
    """Each text's characters as indices of the alphabet, filled up with zeros; texts × longest text."""
    letters = np.zeros((len(texts), max(map(len, texts))), np.intp)
    for row, text in zip(letters, texts, strict=True):
        row[: len(text)] = [alphabet.index(character) for character in text]
    return letters
