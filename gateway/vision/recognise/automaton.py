"""A finite automaton that accepts texts, with a cost on each arc.

Arcs into a state with the same character all come from one state, which keeps the search and the trace back simple.
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
    """Arcs over states counted from START. A text is accepted if it ends in one of `finals`."""

    arcs: list[Arc] = field(default_factory=list)
    finals: set[int] = field(default_factory=set)
    states: int = 1
    _outgoing: defaultdict[tuple[int, str], list[Arc]] = field(default_factory=lambda: defaultdict(list))

    def accepts(self, text: str) -> bool:
        """Whether `text` leads to a final state."""
        return self.cost(text) is not None

    def cost(self, text: str) -> float | None:
        """Cost of the cheapest way to read `text`; None if it is not accepted."""
        costs = {START: 0.0}
        for character in text:
            next_costs: dict[int, float] = {}
            for state, total in costs.items():
                for arc in self._outgoing.get((state, character), ()):
                    next_costs[arc.target] = min(next_costs.get(arc.target, float("inf")), total + arc.cost)
            costs = next_costs
        return min((total for state, total in costs.items() if state in self.finals), default=None)

    def add_state(self) -> int:
        """Number of a new state without arcs."""
        self.states += 1
        return self.states - 1

    def add_step(self, source: int, characters: Iterable[str], cost: float = 0.0) -> int:
        """A new state reached from `source` by any of `characters`."""
        target = self.add_state()
        self.connect(source, target, characters, cost)
        return target

    def connect(self, source: int, target: int, characters: Iterable[str], cost: float = 0.0) -> None:
        """Add arcs from `source` to the existing state `target` for all `characters`."""
        for character in characters:
            arc = Arc(source, target, character, cost)
            self.arcs.append(arc)
            self._outgoing[source, character].append(arc)

    def add_sequence(self, *places: str, cost: float = 0.0) -> None:
        """Accept texts with one of the characters of each place in turn; `cost` is charged on the first."""
        state = self.add_step(START, places[0], cost)
        for characters in places[1:]:
            state = self.add_step(state, characters)
        self.mark_final(state)

    def mark_final(self, state: int) -> None:
        """Accept texts that end in `state`."""
        self.finals.add(state)
