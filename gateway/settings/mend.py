"""Mistakes in the YAML: what is wrong, and the fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

Loc = tuple[str | int, ...]
"""A position in a file: keys and list indexes from the top."""

AS_WRITTEN = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Placeholder in a mistake's text for the value as written in the file: YAML turns 0123 into 123, 1E5 into 100000.0."""
_MAX_SHOWN = 12


class Wrong(ValueError):
    """Raised by a validator for a wrong value: `what` is wrong, `mend` is the fix, `at` a position below the value.

    `value` replaces AS_WRITTEN when there is no file.
    """

    def __init__(self, what: str, mend: str, at: Loc = (), value: object = "") -> None:
        super().__init__(f"{what}, {mend}".replace(AS_WRITTEN, str(value)))
        self.what = what
        self.mend = mend
        self.at = at


def closest(word: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The known word that was probably meant, or None. `alike`: minimum of difflib's ratio, 1.0 for equal words."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=alike)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "use one of") -> str:
    """`did you mean 'x'?`, or `otherwise` with the known words."""
    names = sorted(set(known))
    meant = closest(word, names)
    if meant is not None:
        return f"did you mean {meant!r}?"
    if not names:
        return "there is none yet"
    more = ", …" if len(names) > _MAX_SHOWN else ""
    return f"{otherwise} {', '.join(names[:_MAX_SHOWN])}{more}"
