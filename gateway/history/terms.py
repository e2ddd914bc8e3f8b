"""Words by which an alert is found: one term for each thing it is about, and its texts in pieces that SQLite can match.

FTS5 takes a run of Chinese characters for one word. So a run is stored as its pairs of characters and its last one
(漏水了: 漏水 水了 了): a search for 水了 is a pair, for 漏水了 two pairs in a row, for 漏 the beginning of a pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.model import Alert, Signal, Step

_HAN = r"\u3400-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_UNFIT = re.compile(r"[^\w:/.\-@]+")
_LONGEST_TEXT = 20_000
_SHORTEST_PLATE = 3
_MOST_WORDS = 12
"""Of one search; more can't be meant."""
PLATE_KINDS = frozenset({"plate.read"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty values look for nothing. All that is given must fit; of `places` and `persons` one.

    `persons` are ids whose name the guard typed as `person`; `person` is also looked for in reasons and notes.
    """

    places: Sequence[str] = field(default_factory=tuple)
    device: str = ""
    rule: str = ""
    kind: str = ""
    severity: str = ""
    disposition: str = ""
    guard: str = ""
    plate: str = ""
    person: str = ""
    persons: Sequence[str] = field(default_factory=tuple)
    words: str = ""


def document(alert: Alert, steps: Iterable[Step], signals: Iterable[Signal]) -> str:
    """All terms of an alert, separated by spaces."""
    terms = [*_alert_terms(alert)]
    texts = [alert.reason.zh, alert.reason.en]
    for step in steps:
        terms.append(_term("guard", step.user))
        texts.append(step.note)
    for signal in signals:
        terms += _signal_terms(signal)
        if isinstance(text := signal.data.get("text"), str) and signal.kind not in PLATE_KINDS:
            texts.append(text)
    return " ".join([*dict.fromkeys(terms), *pieces("\n".join(texts)[:_LONGEST_TEXT])])


def _alert_terms(alert: Alert) -> Iterator[str]:
    parts = alert.place.split("/")
    yield from (_term("place", "/".join(parts[:end])) for end in range(1, len(parts) + 1))
    yield _term("rule", alert.rule)
    yield _term("severity", alert.severity.word)
    if alert.device:
        yield _term("device", alert.device)
    if alert.disposition:
        yield _term("disposition", alert.disposition.value)


def _signal_terms(signal: Signal) -> Iterator[str]:
    yield _term("kind", signal.kind)
    yield _term("device", signal.device)
    if isinstance(person := signal.data.get("person"), str):
        yield _term("person", person)
    if signal.kind in PLATE_KINDS and isinstance(plate := signal.data.get("text"), str):
        # Every end of it, so that any part of a plate is the beginning of one.
        ends = range(max(1, len(plate) - _SHORTEST_PLATE + 1))
        yield from (_term("plate", plate[begin:]) for begin in ends)


def match(wanted: Wanted) -> str:
    """The FTS5 expression; empty when everything fits."""
    parts = [
        _quoted(_term(name, value))
        for name in ("device", "rule", "kind", "severity", "disposition", "guard")
        if (value := getattr(wanted, name))
    ]
    if wanted.places:
        parts.append(f"({' OR '.join(_quoted(_term('place', place)) for place in wanted.places)})")
    if wanted.plate:
        parts.append(_quoted(_term("plate", wanted.plate)) + " *")
    if wanted.person or wanted.persons:
        either = [_quoted(_term("person", person)) for person in wanted.persons]
        written = " AND ".join(_phrases(wanted.person))
        parts.append(f"({' OR '.join([*either, *([f'({written})'] if written else [])]) or _NOTHING})")
    if wanted.words:
        parts += _phrases(wanted.words) or [_NOTHING]
    return " AND ".join(parts)


_NOTHING = '"no:such:term"'


def pieces(text: str) -> list[str]:
    """Words in small letters, and Chinese in pairs."""
    found: list[str] = []
    for run in _RUN.findall(text.casefold()):
        found += [run[at : at + 2] for at in range(len(run))] if _is_han(run) else [run]
    return found


def _phrases(text: str) -> list[str]:
    """One expression a run: pairs in a row; a single character or a word may be a beginning."""
    found = []
    for run in _RUN.findall(text.casefold())[:_MOST_WORDS]:
        if _is_han(run) and len(run) > 1:
            found.append(_quoted(" ".join(run[at : at + 2] for at in range(len(run) - 1))))
        else:
            found.append(f"{_quoted(run)} *")
    return found


def _is_han(run: str) -> bool:
    return re.match(f"[{_HAN}]", run) is not None


def _term(name: str, value: str) -> str:
    return f"{name}:{_UNFIT.sub('_', value.casefold())}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
