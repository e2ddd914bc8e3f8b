"""Texts as paths through a small automaton: each place is a set of characters, each step may cost.

One character leads into a state from one state alone, which keeps both walking it and walking it back simple.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    """Arcs over states that are counted from START; a text is accepted when it ends in one of `finals`."""

    arcs: list[Arc] = field(default_factory=list)
    finals: set[int] = field(default_factory=set)
    states: int = 1
    _outgoing: defaultdict[tuple[int, str], list[Arc]] = field(default_factory=lambda: defaultdict(list))

    def accepts(self, text: str) -> bool:
        return self.cost(text) is not None

    def cost(self, text: str) -> float | None:
        """What the cheapest way to read `text` costs; None when it is not accepted."""
        costs = {START: 0.0}
        for character in text:
            next_costs: dict[int, float] = {}
            for state, total in costs.items():
                for arc in self._outgoing.get((state, character), ()):
                    next_costs[arc.target] = min(next_costs.get(arc.target, float("inf")), total + arc.cost)
            costs = next_costs
        return min((total for state, total in costs.items() if state in self.finals), default=None)

    def add_state(self) -> int:
        self.states += 1
        return self.states - 1

    def add_step(self, source: int, characters: Iterable[str], cost: float = 0.0) -> int:
        """A new state behind `source`, reached by any of `characters`."""
        target = self.add_state()
        self.connect(source, target, characters, cost)
        return target

    def connect(self, source: int, target: int, characters: Iterable[str], cost: float = 0.0) -> None:
        for character in characters:
            arc = Arc(source, target, character, cost)
            self.arcs.append(arc)
            self._outgoing[source, character].append(arc)

    def add_sequence(self, *places: str, cost: float = 0.0) -> None:
        """Texts of one place after the other, from the start to an end of their own."""
        state = self.add_step(START, places[0], cost)
        for characters in places[1:]:
            state = self.add_step(state, characters)
        self.mark_final(state)

    def mark_final(self, state: int) -> None:
        self.finals.add(state)
