"""How a mistake in the YAML is told: what is wrong, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

Loc = tuple[str | int, ...]
"""Where in a file: keys and list positions from the top."""

AS_WRITTEN = "\N{OBJECT REPLACEMENT CHARACTER}"
"""In a mistake's words: the value as it stands in the file. YAML makes 0123 the number 123, and 1E5 100000.0."""
_SHOWN_AT_MOST = 12


class Wrong(ValueError):
    """A value that can't be, told by a validator; `at` points deeper than the validated value.

    `value` stands for AS_WRITTEN where no file is at hand.
    """

    def __init__(self, what: str, mend: str, at: Loc = (), value: object = "") -> None:
        super().__init__(f"{what}, {mend}".replace(AS_WRITTEN, str(value)))
        self.what = what
        self.mend = mend
        self.at = at


def closest(word: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The known word that was probably meant; `alike` is difflib's ratio, 1.0 for the same word."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=alike)
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
