"""The YAML settings of a receiver, its accounts and their zones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from gateway.links.listen import ListenSettings
from gateway.protocols.dc09.cipher import parse_key
from gateway.settings.context import PlaceRef
from gateway.settings.durations import PositiveDuration
from gateway.settings.mend import AS_WRITTEN, Wrong
from gateway.settings.secrets import Secret
from gateway.settings.section import Section

T = TypeVar("T")


def _check_account(value: object) -> object:
    if isinstance(value, int | float):  # YAML reads an unquoted 0123 as 123, and 1E05 as 100000.0
        what = f"account {AS_WRITTEN} is a number, of which leading zeros are lost"
        raise Wrong(what, f'write it in quotes: "{AS_WRITTEN}"', value=value)
    return value.upper() if isinstance(value, str) else value


class AccountZone(Section):
    """A zone (防区) of an account, as a device of its own."""

    number: Annotated[int, Field(ge=1, le=99_999_999, description="its number in the panel's reports")]
    id: Annotated[str, Field(description="what the zone is called in rules and in the guard room")]
    name: str
    place: Annotated[PlaceRef | None, Field(description="the account's own, if left out")] = None


class AlarmAccount(Section):
    """One alarm panel that reports here."""

    account: Annotated[
        str,
        BeforeValidator(_check_account),
        Field(pattern="^[0-9A-Z]{3,16}$", description="its account number, in quotes, as set at the panel"),
    ]
    id: Annotated[str, Field(description="what the panel is called in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None
    type: Annotated[Literal["panel", "home"], Field(description="home: an alarm panel in a flat (户内报警)")] = "panel"
    key: Annotated[
        Secret | None,
        Field(description="AES key, 128, 192 or 256 bits; reports without encryption are rejected then"),
    ] = None
    key_as: Annotated[
        Literal["hex", "text"] | None,
        Field(description="32, 48 or 64 hex digits, or 16, 24 or 32 characters; detected if left out"),
    ] = None
    timezone: Annotated[
        str | None,
        Field(description="time zone of a panel that sends local time, such as Asia/Shanghai"),
    ] = None
    supervision: Annotated[
        PositiveDuration | None,
        Field(
            ge=timedelta(seconds=5),
            description="a longer silence is an alert; more than the panel's own interval",
        ),
    ] = None
    zones: tuple[AccountZone, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, name: str | None) -> str | None:
        try:
            return name if name is None else ZoneInfo(name).key
        except (KeyError, OSError, ValueError) as error:
            raise Wrong(f"{name!r} is no time zone", "write one like Asia/Shanghai") from error

    @model_validator(mode="after")
    def _check_zones_and_key(self) -> Self:
        duplicate = _duplicate(zone.number for zone in self.zones)
        if duplicate is not None:
            raise Wrong(f"zone number {duplicate} is given to two zones", "number each as at the panel", ("zones",))
        if self.key is None:
            return self
        try:
            self.cipher_key()
        except ValueError as error:
            raise Wrong(str(error), "it has 32, 48 or 64 hex digits, or 16, 24 or 32 characters", ("key",)) from None
        return self

    def cipher_key(self) -> bytes | None:
        """Return the AES key, or None if there is none. Raises ValueError, whose text does not contain the key."""
        if self.key is None:
            return None
        as_text = None if self.key_as is None else self.key_as == "text"
        return parse_key(self.key.get_secret_value(), as_text=as_text)


class ReceiverSettings(ListenSettings):
    """Address, TLS and transport of the receiver, and the panels that report to it."""

    accounts: Annotated[tuple[AlarmAccount, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_accounts(self) -> Self:
        duplicate = _duplicate(account.account for account in self.accounts)
        if duplicate is not None:
            raise Wrong(f"account {duplicate!r} is given twice", "give each panel a number of its own", ("accounts",))
        return self


def _duplicate(values: Iterable[T]) -> T | None:
    return next((value for value, count in Counter(values).items() if count > 1), None)
