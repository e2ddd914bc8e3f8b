"""Mistakes in a list of residents: each with its line, in both languages, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import AnjuError, ConfigError, Mistake
from gateway.model import Words


@dataclass(frozen=True, slots=True)
class LineMistake:
    """One thing wrong in a line, counted from 1. It repeats no phone, ID or card number and no PIN."""

    line: int
    what: Words
    fix: Words


class ListRefused(AnjuError):
    """The list has mistakes, and nothing of it was imported; `mistakes` has all of them, by line."""

    def __init__(self, mistakes: Sequence[LineMistake]) -> None:
        super().__init__("\n".join(f"{each.line}: {each.what.en}, {each.fix.en}" for each in mistakes))
        self.mistakes = tuple(mistakes)

    def in_file(self, file: Path) -> ConfigError:
        """The same as FILE:LINE: WHAT, THE FIX, for the command line."""
        return ConfigError([Mistake(file, each.line, each.what.en, each.fix.en) for each in self.mistakes])


def refused(line: int, what: Words, fix: Words) -> ListRefused:
    """The whole file can't be read because of this."""
    return ListRefused([LineMistake(line, what, fix)])
