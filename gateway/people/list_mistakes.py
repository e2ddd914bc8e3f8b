"""Mistakes in a list of residents: each with its line, in both languages, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import ConfigError, Mistake
from gateway.model import Words


@dataclass(frozen=True, slots=True)
class LineMistake:
    """One thing wrong in a line, counted from 1. It repeats no phone, ID or card number and no PIN."""

    line: int
    what: Words
    fix: Words


class ListRefused(ConfigError):
    """The list has mistakes, and nothing of it was imported.

    `lines` has all of them in both languages, `mistakes` as FILE:LINE: WHAT, THE FIX for the command line.
    """

    def __init__(self, lines: Sequence[LineMistake], file: Path = Path()) -> None:
        super().__init__([Mistake(file, each.line, each.what.en, each.fix.en) for each in lines])
        self.lines = tuple(lines)


def refused(line: int, what: Words, fix: Words) -> ListRefused:
    """The whole file can't be read because of this."""
    return ListRefused([LineMistake(line, what, fix)])
