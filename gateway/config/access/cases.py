"""A table of cases that an installer keeps beside access.yaml: what is presented where and when, and the answer."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.config.access.names import Kind
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.section import Section


def split_credential(text: str) -> tuple[str, str]:
    """`card:4711` as kind and value; raises Wrong."""
    kind, colon, value = text.partition(":")
    if not colon or not value.strip():
        raise Wrong(f"{text!r} is no credential", "write its kind and value, such as card:12345678")
    if kind not in get_args(Kind):
        raise Wrong(f"{kind!r} is no kind of credential", did_you_mean(kind, get_args(Kind)))
    return kind, value.strip()


def parse_moment(text: object, zone: tzinfo) -> datetime:
    """A date and time; without an offset by the compound's clock. Raises Wrong."""
    try:
        found = text if isinstance(text, datetime) else datetime.fromisoformat(str(text).strip())
    except ValueError:
        raise Wrong(f"{text!r} is no time", "write such as 2026-11-25 10:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _check_credential(text: str) -> str:
    split_credential(text)
    return text


class CaseSection(Section):
    """One case."""

    credential: Annotated[
        str, AfterValidator(_check_credential), Field(description="KIND:VALUE, such as card:12345678")
    ]
    door: Annotated[str, Field(min_length=1, description="the id of its device")]
    at: Annotated[
        str | None, BeforeValidator(lambda value: None if value is None else str(value)), Field(description="when")
    ] = None
    reader: Annotated[str, Field(description="the reader, where the door has several")] = ""
    expect: Annotated[str, Field(min_length=1, description="granted, denied, or the code of the reason")]
    why: Annotated[str, Field(max_length=200, description="what the case is about")] = ""


class CasesFile(Section):
    """The file."""

    cases: Annotated[tuple[CaseSection, ...], Field(min_length=1, max_length=5000)]
