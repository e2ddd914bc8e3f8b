"""One file of the configuration: its values, the line of each, and the mistakes found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.errors import Mistake
from gateway.settings.mend import Loc


@dataclass(frozen=True, slots=True)
class Mark:
    """Lines (from 1) of a key and of its value; the value as written, at `span` (characters) of the file's text."""

    key_line: int
    line: int
    text: str = ""
    span: tuple[int, int] | None = None


@dataclass(slots=True)
class Document:
    """`tree` is None when the text could not be parsed; `broken` are positions whose mistake is noted already."""

    file: Path
    text: str = ""
    tree: Any = None
    marks: dict[Loc, Mark] = field(default_factory=dict)
    broken: set[Loc] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)
    hints: list[Mistake] = field(default_factory=list)
    secrets: dict[Loc, str] = field(default_factory=dict, repr=False)

    def resolve(self, loc: Loc) -> Loc:
        """`loc` without the parts that are not in the file: pydantic inserts the names of union members."""
        found: Loc = ()
        for part in loc:
            if (*found, part) in self.marks:
                found = (*found, part)
        return found

    def mark(self, loc: Loc) -> Mark:
        """The lines of `loc`; line 1 if it is not in the file."""
        return self.marks.get(self.resolve(loc)) or Mark(1, 1)

    def add_mistake(self, loc: Loc, what: str, mend: str, *, key: bool = False) -> None:
        """Note a mistake at `loc` (at its key with `key`), unless that position is broken already."""
        place = self.resolve(loc)
        # Below a broken position everything looks wrong: one mistake is enough.
        if any(place[: len(broken)] == broken for broken in self.broken):
            return
        mark = self.mark(place)
        what, mend = self._masked(place, what), self._masked(place, mend)
        self.mistakes.append(Mistake(self.file, mark.key_line if key else mark.line, what, mend))

    def add_hint(self, loc: Loc, what: str, mend: str) -> None:
        """Note a likely mistake that is no error."""
        place = self.resolve(loc)
        self.hints.append(
            Mistake(self.file, self.mark(place).line, self._masked(place, what), self._masked(place, mend))
        )

    def _masked(self, place: Loc, sentence: str) -> str:
        """The sentence without secrets: a driver's check may quote the value that it was given."""
        for loc, secret in self.secrets.items():
            if secret and loc[: len(place)] == place:  # secrets at or below the position of the mistake
                sentence = sentence.replace(repr(secret), "this secret").replace(secret, "(secret)")
        return sentence

    def reject(self, line: int, what: str, mend: str) -> None:
        """Note a mistake that makes the whole file unusable."""
        self.tree = None
        self.broken.add(())
        self.mistakes.append(Mistake(self.file, line, what, mend))
