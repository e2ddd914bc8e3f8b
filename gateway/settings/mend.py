"""How a mistake in the YAML is told: what is wrong, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

Loc = tuple[str | int, ...]
"""Where in a file: keys and list positions from the top."""

_SHOWN_AT_MOST = 12


class Wrong(ValueError):
    """A value that can't be, told by a validator; `at` points deeper than the validated value."""

    def __init__(self, what: str, mend: str, at: Loc = ()) -> None:
        super().__init__(f"{what}, {mend}")
        self.what = what
        self.mend = mend
        self.at = at


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "use one of") -> str:
    """`did you mean 'x'?`, or the list of what there is."""
    names = sorted(set(known))
    meant = closest(word, names)
    if meant is not None:
        return f"did you mean {meant!r}?"
    if not names:
        return "there is none yet"
    more = ", …" if len(names) > _SHOWN_AT_MOST else ""
    return f"{otherwise} {', '.join(names[:_SHOWN_AT_MOST])}{more}"
