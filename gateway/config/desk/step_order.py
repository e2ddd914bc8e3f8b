"""Checks the steps of a procedure: ids, answers that open steps, circles and steps that nothing leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.settings.mend import Loc, Wrong, did_you_mean

Answers = Sequence[tuple[str, Sequence[str]]]
"""Each answer's id and the steps it opens."""


def check_steps(procedure: str, steps: Sequence[tuple[str, Answers]]) -> None:
    """Raises Wrong, at a position below the procedure, for the first mistake."""
    places = _unique(steps)
    opened: dict[str, Loc] = {}
    for index, (step, answers) in enumerate(steps):
        _unique_answers(index, answers)
        for number, (_answer, opens) in enumerate(answers):
            for position, other in enumerate(opens):
                loc: Loc = ("steps", index, "question", number, "opens", position)
                if other not in places:
                    raise Wrong(f"step {other!r} does not exist in {procedure!r}", did_you_mean(other, places), loc)
                if other == step:
                    raise Wrong(f"step {step!r} opens itself", "name another step", loc)
                opened.setdefault(other, loc)
    _reachable(procedure, {step: [o for _, opens in answers for o in opens] for step, answers in steps}, opened, places)


def _unique(steps: Sequence[tuple[str, Answers]]) -> Mapping[str, int]:
    places: dict[str, int] = {}
    for index, (step, _) in enumerate(steps):
        if step in places:
            raise Wrong(f"step {step!r} is given twice", "choose another id", ("steps", index, "id"))
        places[step] = index
    return places


def _unique_answers(index: int, answers: Answers) -> None:
    seen: set[str] = set()
    for number, (answer, _) in enumerate(answers):
        if answer in seen:
            raise Wrong(f"answer {answer!r} is given twice", "choose another id", ("steps", index, "question", number))
        seen.add(answer)


def _reachable(
    procedure: str, opens: Mapping[str, Sequence[str]], opened: Mapping[str, Loc], places: Mapping[str, int]
) -> None:
    """Every step is open from the start or opened by an answer that can be given, and no answer leads back."""
    reached: set[str] = set()
    for step in opens:
        if step not in opened:
            _walk(step, (), opens, opened, reached)
    for step in opens:
        if step not in reached:
            _walk(step, (), opens, opened, set())  # only a circle is not reached from the start
            what = f"nothing leads to step {step!r} of {procedure!r}"
            raise Wrong(what, "let an answer that can be given open it", ("steps", places[step], "id"))


def _walk(
    step: str, path: tuple[str, ...], opens: Mapping[str, Sequence[str]], opened: Mapping[str, Loc], reached: set[str]
) -> None:
    if step in path:
        circle = " → ".join((*path[path.index(step) :], step))
        raise Wrong(f"the steps go in a circle: {circle}", "let the last one open a step of its own", opened[step])
    if step in reached:
        return
    for other in opens[step]:
        _walk(other, (*path, step), opens, opened, reached)
    reached.add(step)
