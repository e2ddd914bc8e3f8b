"""What devices.yaml and rules.yaml share: a list of flat entries, each with an id and a kind."""

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
    """A driver or rule class: what matters here is that it has settings."""

    @property
    def Settings(self) -> type[BaseModel]: ...  # noqa: N802 -- the contract's name


K = TypeVar("K", bound=Kind)
C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class YamlEntry(Generic[C, K]):
    """A part that could not be read is None, and its mistakes stand in the document."""

    loc: Loc
    common: C | None
    kind: K | None
    settings: BaseModel | None


def validated(  # what, of what, where, and what may stand beside
    document: Document, model: type[M], values: Any, loc: Loc, context: Context, also: set[str] | None = None
) -> M | None:
    """`values` as a model, or None with every mistake noted."""
    try:
        return model.model_validate(values, context=context)
    except ValidationError as error:
        explain(document, error, model, loc, also or set())
        return None


def rows(document: Document, file: type[BaseModel], key: str, context: Context) -> Iterator[tuple[Loc, dict[str, Any]]]:
    """Each entry of the list under `key`, with where it stands; notes whatever is no entry."""
    if not isinstance(document.tree, dict):
        return
    validated(document, file, document.tree, (), context)
    listed = document.tree.get(key)
    for index, row in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(row, dict):
            yield (key, index), row
        else:
            document.wrong((key, index), "an entry has no keys", "write '- id: …' and its keys below")


def read_entry(
    document: Document, loc: Loc, row: Mapping[str, Any], common: type[C], find: Callable[[str], K], context: Context
) -> YamlEntry[C, K]:
    """Split a flat entry into the common keys and its kind's own, and validate both."""
    kind = _kind(document, (*loc, "kind"), row.get("kind"), find)
    shared = field_keys(common)
    own = field_keys(kind.Settings) if kind else set(row)
    values = validated(document, common, {k: v for k, v in row.items() if k in shared}, loc, context, own)
    if kind is None:
        return YamlEntry(loc, values, None, None)
    rest = {key: value for key, value in row.items() if key in own or key not in shared}
    return YamlEntry(loc, values, kind, validated(document, kind.Settings, rest, loc, context, shared))


def _kind(document: Document, loc: Loc, kind: object, find: Callable[[str], K]) -> K | None:
    if not isinstance(kind, str):
        return None  # the common keys tell it
    try:
        return find(kind)
    except Wrong as wrong:
        document.wrong(loc, wrong.what, wrong.mend)
        return None


class Ids:
    """The ids of one file so far, each with the line it was first used on."""

    def __init__(self, document: Document, noun: str = "id") -> None:
        self._document = document
        self._noun = noun
        self._lines: dict[str, int] = {}

    def take(self, name: object, loc: Loc) -> None:
        """Note `name`; a second time is a mistake that names the first."""
        if not isinstance(name, str):
            return
        line = self._document.mark(loc).line
        if name in self._lines:
            first = f"line {self._lines[name]} has it already"
            self._document.wrong(loc, f"duplicate {self._noun} {name!r}", f"choose another ({first})")
        self._lines.setdefault(name, line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)
