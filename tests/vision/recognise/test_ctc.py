from __future__ import annotations

from itertools import groupby, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.vision.recognise.automaton import START, Automaton
from gateway.vision.recognise.ctc import CtcDecoder, TextScores, log_likelihoods
from gateway.vision.recognise.plate_characters import ALPHABET
from gateway.vision.recognise.plate_grammar import plate_automaton

LETTERS = "AB1"
BLANK = len(LETTERS)


def small() -> Automaton:
    """A, B or AB first, then 1, and maybe B and 1 again."""
    automaton = Automaton()
    first = automaton.add_step(START, "AB")
    both = automaton.add_step(first, "B", 0.5)
    one = automaton.add_step(first, "1")
    automaton.connect(both, one, "")
    other = automaton.add_step(both, "1", 0.25)
    automaton.mark_final(one)
    automaton.mark_final(other)
    automaton.mark_final(automaton.add_step(automaton.add_step(one, "B"), "1"))
    return automaton


def cost(automaton: Automaton, text: str) -> float | None:
    """What the cheapest way to read `text` costs; None when it may not be read."""
    ways = {START: 0.0}
    for character in text:
        ways = {
            arc.target: ways[arc.source] + arc.cost
            for arc in automaton.arcs
            if arc.source in ways and arc.character == character
        }
    ends = [spent for state, spent in ways.items() if state in automaton.finals]
    return min(ends, default=None)


def by_hand(automaton: Automaton, logs: np.ndarray) -> float | None:
    """The best score of all paths whatever, tried one by one."""
    best = None
    for path in product(range(BLANK + 1), repeat=len(logs)):
        text = "".join(LETTERS[label] for label, _ in groupby(path) if label != BLANK)
        spent = cost(automaton, text)
        if spent is not None:
            score = sum(logs[column, label] for column, label in enumerate(path)) - spent
            best = score if best is None else max(best, score)
    return best


outputs = st.lists(st.lists(st.floats(0.01, 1), min_size=BLANK + 1, max_size=BLANK + 1), min_size=1, max_size=5)


@given(outputs)
@settings(max_examples=150, deadline=None)
def test_finds_the_likeliest_of_all_paths(output: list[list[float]]) -> None:
    logs = np.log(np.array(output))
    automaton = small()
    decoded = CtcDecoder(automaton, LETTERS).decode(logs[:, :BLANK], logs[:, BLANK])
    best = by_hand(automaton, logs)
    if best is None:
        assert decoded is None
    else:
        assert decoded is not None
        assert np.isclose(decoded.log_likelihood, best)
        assert cost(automaton, decoded.text) is not None
        assert list(decoded.columns) == sorted(set(decoded.columns))


@given(outputs)
@settings(max_examples=100, deadline=None)
def test_a_texts_likelihood_is_the_sum_over_all_paths_that_spell_it(output: list[list[float]]) -> None:
    logs = np.log(np.array(output))
    summed: dict[str, float] = {}
    for path in product(range(BLANK + 1), repeat=len(logs)):
        text = "".join(LETTERS[label] for label, _ in groupby(path) if label != BLANK)
        summed[text] = summed.get(text, 0.0) + float(
            np.exp(sum(logs[column, label] for column, label in enumerate(path)))
        )
    texts = [text for text in ("A", "AB", "1", "AA", "A1B") if text in summed]
    scores = TextScores(logs[:, :BLANK], logs[:, BLANK], np.exp(logs[:, :BLANK]))
    assert np.allclose(log_likelihoods(texts, LETTERS, scores), [np.log(summed[text]) for text in texts])


def test_columns_of_nothing_change_no_answer() -> None:
    """Most columns of a line are such; they are walked as one."""
    characters, blank = spelled("苏M11222", sure=0.999)
    quiet = np.log(np.full((5, len(ALPHABET)), 1e-7)), np.log(np.full(5, 0.999999))
    walker = CtcDecoder(plate_automaton(), ALPHABET)
    plain = walker.decode(characters, blank)
    padded = walker.decode(
        np.concatenate([quiet[0], characters, quiet[0]]), np.concatenate([quiet[1], blank, quiet[1]])
    )
    assert plain is not None
    assert padded is not None
    assert padded.text == plain.text == "苏M11222"
    assert padded.columns == tuple(column + 5 for column in plain.columns)


@given(st.integers(0, 2**32 - 1), st.integers(8, 40))
@settings(max_examples=40, deadline=None)
def test_whatever_is_seen_a_plate_is_read(seed: int, columns: int) -> None:
    scores = np.random.default_rng(seed).dirichlet(np.ones(len(ALPHABET) + 1), columns)
    logs = np.log(scores + 1e-9)
    decoded = CtcDecoder(plate_automaton(), ALPHABET).decode(logs[:, 1:], logs[:, 0])
    assert decoded is not None
    assert plate_automaton().accepts(decoded.text)
    assert len(decoded.columns) == len(decoded.text)


def spelled(text: str, *, sure: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """An output that says `text`, a blank between any two characters."""
    scores = np.full((2 * len(text) + 1, len(ALPHABET) + 1), 1e-4)
    scores[::2, 0] = sure
    for place, character in enumerate(text):
        scores[2 * place + 1, 1 + ALPHABET.index(character)] = sure
    logs = np.log(scores)
    return logs[:, 1:], logs[:, 0]


def test_reads_the_same_character_twice_across_a_blank() -> None:
    decoded = CtcDecoder(plate_automaton(), ALPHABET).decode(*spelled("苏M11222"))
    assert decoded is not None
    assert decoded.text == "苏M11222"
    assert decoded.columns == (1, 3, 5, 7, 9, 11, 13)


def test_a_character_where_none_may_stand_is_read_as_the_likeliest_that_may() -> None:
    characters, blank = spelled("苏M12345")
    characters[1, ALPHABET.index("8")] = 0.0  # the province's glyph looks like an 8 above all
    decoded = CtcDecoder(plate_automaton(), ALPHABET).decode(characters, blank)
    assert decoded is not None
    assert decoded.text == "苏M12345"


def test_the_home_province_wins_where_the_glyph_is_a_smudge() -> None:
    characters, blank = spelled("鄂M12345", sure=0.3)
    characters[1, ALPHABET.index("皖")] = np.log(0.2)
    assert CtcDecoder(plate_automaton(), ALPHABET).decode(characters, blank).text == "鄂M12345"  # type: ignore[union-attr]
    home = CtcDecoder(plate_automaton(), ALPHABET, {"皖": np.log(20)})
    assert home.decode(characters, blank).text == "皖M12345"  # type: ignore[union-attr]


def test_too_narrow_a_picture_holds_no_plate() -> None:
    empty = np.zeros((3, len(ALPHABET)))
    assert CtcDecoder(plate_automaton(), ALPHABET).decode(empty, np.zeros(3)) is None
