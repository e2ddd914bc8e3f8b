"""Turns pydantic's errors into mistakes that an installer can fix, each with its line, without follow-up errors."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Collection, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.document import Document
from gateway.masking import masked
from gateway.settings.mend import AS_WRITTEN, Loc, Wrong, closest, did_you_mean
from gateway.settings.secrets import SecretText

_FOLLOW_UPS = {"default_factory_not_called"}
"""Errors that pydantic reports only because of another error."""


def explain(
    document: Document, error: ValidationError, model: type[BaseModel], base: Loc = (), also: Collection[str] = ()
) -> None:
    """Note every error of `model`, validated at `base`; `also` are further keys that are allowed there."""
    details = [detail for detail in error.errors(include_url=False) if detail["type"] not in _FOLLOW_UPS]
    places = [document.resolve((*base, *detail["loc"])) for detail in details]
    noted: set[Loc] = set()
    for detail, place in zip(details, places, strict=True):
        branch = any(len(other) > len(place) and other[: len(place)] == place for other in places)
        if place in noted and detail["type"] not in {"missing", "value_error"}:
            continue  # an error for each member of a union: one is enough
        if branch and (detail["type"].endswith("_type") or detail["type"] == "too_short"):
            continue  # another member of the union got further, or entries are wrong: their errors say more
        noted.add(place)
        _note(document, detail, model, base, also)


def _note(document: Document, detail: ErrorDetails, model: type[BaseModel], base: Loc, also: Collection[str]) -> None:
    loc = (*base, *detail["loc"])
    kind = detail["type"]
    if kind == "missing":
        parent = loc[:-1]
        if _misspelt(document, parent, str(loc[-1]), {*keys_at(model, detail["loc"][:-1]), *also}):
            return  # noted as an unknown key already
        document.add_mistake(parent, f"{_subject(document, parent)}{loc[-1]!r} is missing", f"add '{loc[-1]}: …'")
    elif kind == "extra_forbidden":
        known = {*keys_at(model, detail["loc"][:-1]), *(also if len(detail["loc"]) == 1 else ())}
        document.add_mistake(loc, f"unknown key {loc[-1]!r}", did_you_mean(str(loc[-1]), known, "known are"), key=True)
    elif isinstance(cause := detail.get("ctx", {}).get("error"), Wrong):  # our own validators
        place = (*loc, *cause.at)
        name = _name(document, place)
        names_key = cause.what.startswith((name[1:-3] or " ", name[:-2] or " "))
        prefix = "" if names_key else name
        written = document.mark(place).text
        what, mend = (text.replace(AS_WRITTEN, written) for text in (cause.what, cause.mend))
        document.add_mistake(place, f"{prefix}{what}", mend, key="[key]" in loc)
    else:
        _note_value(document, loc, detail)


def _misspelt(document: Document, parent: Loc, key: str, known: Collection[str]) -> bool:
    """Whether an unknown key beside it is most likely the missing key, misspelt."""
    place = document.resolve(parent)
    present = [str(loc[-1]) for loc in document.marks if len(loc) == len(place) + 1 and loc[:-1] == place]
    return any(other not in known and closest(other, known) == key for other in present)


def _note_value(document: Document, loc: Loc, detail: ErrorDetails) -> None:
    key = "[key]" in loc
    name, value = _name(document, loc), _display(detail["input"], document.mark(loc).text)
    if detail["type"] in {"value_error", "assertion_error"}:  # a third party's validator: "what; fix", or only what
        what, _, mend = str(detail.get("ctx", {}).get("error", detail["msg"])).rstrip(".").partition("; ")
        document.add_mistake(loc, f"{name}{what}", mend or "correct it", key=key)
    elif detail["input"] is None and detail["type"] == "list_type" and len(loc) == 1:
        document.add_mistake(loc, f"{name}nothing is written", f"write '{loc[0]}: []' while there are none", key=key)
    elif detail["input"] is None and detail["type"] != "missing":
        document.add_mistake(loc, f"{name}nothing is written", "give a value or remove the line", key=key)
    else:
        document.add_mistake(loc, f"{name}{value} can't be", _mend(document, loc, detail), key=key)


def _mend(document: Document, loc: Loc, detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "string_type" and not isinstance(detail["input"], dict | list):  # a number or true where text is needed
        return f"put it in quotes: '{document.mark(loc).text}'"
    if kind in {"enum", "literal_error"}:
        return did_you_mean(str(detail["input"]), re.findall(r"'([^']*)'", str(context["expected"])))
    if kind in _MENDS:
        return _MENDS[kind](context)
    family = kind.split("_", 1)[0]
    if family in _FAMILIES:
        return _FAMILIES[family]
    return detail["msg"][:1].lower() + detail["msg"][1:].rstrip(".")


_MENDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than": lambda c: f"write more than {c['gt']}",
    "greater_than_equal": lambda c: f"write at least {c['ge']}",
    "less_than": lambda c: f"write less than {c['lt']}",
    "less_than_equal": lambda c: f"write at most {c['le']}",
    "string_too_short": lambda c: f"write at least {c['min_length']} characters",
    "string_too_long": lambda c: f"write at most {c['max_length']} characters",
    "too_short": lambda c: f"give at least {c['min_length']}",
    "too_long": lambda c: f"give at most {c['max_length']}",
    "string_pattern_mismatch": lambda c: f"match {c['pattern']}",
    "list_type": lambda _: "write a list ('- …' lines or […])",
    "tuple_type": lambda _: "write a list ('- …' lines or […])",
    "finite_number": lambda _: "write a number",
}
_FAMILIES = {
    "int": "write a whole number",
    "float": "write a number",
    "bool": "write true or false",
    "string": "write text",
    "model": "write keys below it ('key: value')",
    "dict": "write keys below it ('key: value')",
    "mapping": "write keys below it ('key: value')",
    "path": "write a file's path",
}


def _name(document: Document, loc: Loc) -> str:
    """The key as a prefix of the sentence, such as `'cadence': `."""
    keys = [part for part in document.resolve(loc) if isinstance(part, str)]
    return f"{keys[-1]!r}: " if keys else ""


def _subject(document: Document, loc: Loc) -> str:
    """A prefix that names the mapping which lacks a key: its id, such as `'gate-camera': `, else its own key."""
    id_mark = document.marks.get((*document.resolve(loc), "id"))
    keys = [part for part in document.resolve(loc) if isinstance(part, str)]
    subject = id_mark.text if id_mark and id_mark.text else keys[-1] if keys else ""
    return f"{subject!r}: " if subject else ""


def _display(value: object, written: str) -> str:
    if isinstance(value, SecretText):
        return "this secret"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list | tuple):
        return "a list"
    text = masked(written if isinstance(value, int | float) and written else repr(value))
    return text if len(text) <= 80 else f"{text[:77]}…"


def keys_at(model: type[BaseModel], loc: Loc) -> set[str]:
    """The keys that are allowed at `loc` below `model`."""
    models = [model]
    for part in loc:
        fields = [_field(candidate, part) for candidate in models]
        deeper = [found for field in fields if field is not None for found in _models_in(field)]
        models = deeper or models
    return {key for candidate in models for key in field_keys(candidate)}


def field_keys(model: type[BaseModel]) -> set[str]:
    """A model's keys as they are written in YAML."""
    return {field.alias or name for name, field in model.model_fields.items()}


def _field(model: type[BaseModel], part: str | int) -> Any:
    for name, field in model.model_fields.items():
        if part in {name, field.alias}:
            return field.annotation
    return None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)
