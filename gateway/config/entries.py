"""Common to devices.yaml and rules.yaml: a list of flat entries, each with an id and a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.config.document import Document
from gateway.config.explain import explain, field_keys
from gateway.settings.context import Context
from gateway.settings.mend import Loc, Wrong

M = TypeVar("M", bound=BaseModel)


class Kind(Protocol):
    """A driver or rule class, seen as something that has settings."""

    @property
    def Settings(self) -> type[BaseModel]:  # noqa: N802 -- the contract's name
        """The model of the entry's own keys."""
        ...


K = TypeVar("K", bound=Kind)
C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class YamlEntry(Generic[C, K]):
    """A field that could not be read is None; the mistakes are in the document."""

    loc: Loc
    common: C | None
    kind: K | None
    settings: BaseModel | None


def validated(
    document: Document, model: type[M], values: Any, loc: Loc, context: Context, also: set[str] | None = None
) -> M | None:
    """`values` at `loc` as a model, or None with every mistake noted. `also`: further keys that are allowed there."""
    try:
        return model.model_validate(values, context=context)
    except ValidationError as error:
        explain(document, error, model, loc, also or set())
        return None


def entry_rows(
    document: Document, file: type[BaseModel], key: str, context: Context
) -> Iterator[tuple[Loc, dict[str, Any]]]:
    """Each entry of the list under `key` with its position; notes list items that are no mapping."""
    if not isinstance(document.tree, dict):
        return
    validated(document, file, document.tree, (), context)
    yield from listed_rows(document, key)


def listed_rows(document: Document, key: str) -> Iterator[tuple[Loc, dict[str, Any]]]:
    """Each entry of the list under `key` with its position; notes list items that are no mapping."""
    listed = document.tree.get(key)
    for index, row in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(row, dict):
            yield (key, index), row
        else:
            document.add_mistake((key, index), "an entry has no keys", "write '- id: …' and its keys below")


def read_entry(
    document: Document, loc: Loc, row: Mapping[str, Any], common: type[C], find: Callable[[str], K], context: Context
) -> YamlEntry[C, K]:
    """Split a flat entry into the common keys and those of its kind, and validate both."""
    kind = _kind(document, (*loc, "kind"), row.get("kind"), find)
    shared = field_keys(common)
    own = field_keys(kind.Settings) if kind else set(row)
    values = validated(document, common, {k: v for k, v in row.items() if k in shared}, loc, context, own)
    if kind is None:
        return YamlEntry(loc, values, None, None)
    # Unknown keys go to the kind's settings, whose validation reports them with its own keys as suggestions.
    rest = {key: value for key, value in row.items() if key in own or key not in shared}
    return YamlEntry(loc, values, kind, validated(document, kind.Settings, rest, loc, context, shared))


def _kind(document: Document, loc: Loc, kind: object, find: Callable[[str], K]) -> K | None:
    if not isinstance(kind, str):
        return None  # the validation of the common keys notes it
    try:
        return find(kind)
    except Wrong as wrong:
        document.add_mistake(loc, wrong.what, wrong.mend)
        return None


class UniqueIds:
    """The ids of one file so far, each with the line of its first use."""

    def __init__(self, document: Document, noun: str = "id") -> None:
        self._document = document
        self._noun = noun
        self._lines: dict[str, int] = {}

    def add(self, name: object, loc: Loc) -> None:
        """Add `name`; a second use is a mistake that names the line of the first."""
        if not isinstance(name, str):
            return
        line = self._document.mark(loc).line
        if name in self._lines:
            first = f"line {self._lines[name]} has it already"
            self._document.add_mistake(loc, f"duplicate {self._noun} {name!r}", f"choose another ({first})")
        self._lines.setdefault(name, line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)
