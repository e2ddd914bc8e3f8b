"""The YAML settings of a line of OSDP readers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from gateway.links.serial import SerialSettings
from gateway.settings.context import PlaceRef
from gateway.settings.durations import Duration, max_duration
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

KEY_BYTES = 16
DEFAULT_KEY = bytes(range(0x30, 0x40))
"""SCBK-D, the published default key (SIA OSDP 2.2, its annex on the secure channel)."""
_KEY_FIX = "write 32 hexadecimal digits; `openssl rand -hex 16` makes them"
BAUDS = Literal[9600, 19200, 38400, 57600, 115200, 230400]


def _check_key(value: SecretStr) -> SecretStr:
    try:
        key = bytes.fromhex(value.get_secret_value())
    except ValueError:
        raise Wrong("this is no key", _KEY_FIX) from None
    if len(key) != KEY_BYTES:
        raise Wrong(f"a key has {KEY_BYTES} bytes, this one {len(key)}", _KEY_FIX)
    if key == DEFAULT_KEY:  # whoever records the line could read it
        raise Wrong("this is the standard's default key, which everybody knows", _KEY_FIX)
    return value


class OsdpReader(BaseModel):
    """One reader of the line, as a device of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[int, Field(ge=0, le=126, description="the reader's address on the line, as set at it")]
    id: Annotated[str, Field(description="what the reader is called in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None
    key: Annotated[
        Annotated[Secret, AfterValidator(_check_key)] | None,
        Field(description="its secure channel's base key (SCBK), 32 hexadecimal digits, by !secret"),
    ] = None
    install: Annotated[
        bool, Field(description="give the key to a reader that has the default one; take this out when it works")
    ] = False
    plain: Annotated[bool, Field(description="true for a reader without secure channel: it can be overheard")] = False
    format: Annotated[
        Literal["auto", "raw", "H10301", "H10306", "WG34", "H10302", "H10304"],
        Field(description="layout of the card's bits; auto: chosen by their number"),
    ] = "auto"

    @property
    def scbk(self) -> bytes | None:
        """The key as bytes, or None without one; never log it."""
        return bytes.fromhex(self.key.get_secret_value()) if self.key else None

    @model_validator(mode="after")
    def _check_encryption(self) -> Self:
        if self.key is None and not self.plain:
            raise Wrong(
                f"reader {self.id!r} has no key, so its cards could be read off the line",
                "write `key: !secret NAME` (`openssl rand -hex 16` makes one), or plain: true if it can't do better",
            )
        if self.plain and (self.key or self.install):
            raise Wrong(f"reader {self.id!r} is plain and has a key", "take out the one that is wrong")
        return self


class ReadersSettings(SerialSettings):
    """The serial line and its readers."""

    PROMPT: ClassVar[bool] = True  # a reply is waited for after every poll

    baud: BAUDS = 9600
    readers: Annotated[tuple[OsdpReader, ...], Field(min_length=1, max_length=32)]
    pin_pause: Annotated[
        Duration,
        Field(ge=timedelta(seconds=1)),
        max_duration(timedelta(minutes=1)),
        Field(description="a PIN ends when no key is pressed for this time"),
    ] = timedelta(seconds=5)

    @model_validator(mode="after")
    def _check_addresses(self) -> Self:
        addresses = [reader.address for reader in self.readers]
        duplicates = sorted({address for address in addresses if addresses.count(address) > 1})
        if duplicates:
            raise Wrong(f"address {duplicates[0]} is given to two readers", "set each reader to an address of its own")
        return self
