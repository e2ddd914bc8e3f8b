"""What the YAML says about who may push, and how much."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.driver import DriverSettings
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

MIN_TOKEN_LENGTH = 16
MAX_PLAIN_BYTES = 64 * 1024
"""Bytes of a body that can hold no picture."""
MAX_PICTURE_BYTES = 4 * 1024 * 1024
_WITH_PICTURES = ("multipart/", "application/json")


class PushSettings(DriverSettings):
    """Flat beside the driver's own keys."""

    token: Annotated[Secret | None, Field(description="sent as 'Authorization: Bearer …'; as !secret NAME")] = None
    user: Annotated[str | None, Field(description="for HTTP Digest, or Basic, with password")] = None
    password: Annotated[Secret | None, Field(description="as !secret NAME")] = None
    query: Annotated[
        str | None,
        Field(pattern="^[A-Za-z0-9_]+$", description="also take the token from this key of the address: ?key=…"),
    ] = None
    rate: Annotated[float, Field(gt=0, le=1000, description="pushes a second in the long run; more get 429")] = 10
    burst: Annotated[int, Field(ge=1, le=10_000, description="pushes at once")] = 100
    largest: Annotated[
        int,
        Field(ge=MAX_PLAIN_BYTES, le=32 * 1024 * 1024, description="bytes of a body with pictures: multipart, or JSON"),
    ] = MAX_PICTURE_BYTES

    @model_validator(mode="after")
    def _has_a_secret(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise Wrong("user and password go together", "write both, or neither")
        if self.token is None and self.user is None:
            raise Wrong("anybody could push", "give it a token, or user and password")
        if self.query is not None and self.token is None:
            raise Wrong("the query would carry a token, and there is none", "add 'token: !secret NAME'", ("query",))
        if self.token and len(self.token.get_secret_value()) < MIN_TOKEN_LENGTH:
            raise Wrong(
                f"the token has fewer than {MIN_TOKEN_LENGTH} characters",
                "take what `openssl rand -hex 16` prints",
                ("token",),
            )
        return self

    def max_bytes(self, content_type: str) -> int:
        """How many bytes a body of this type may have."""
        return self.largest if content_type.strip().lower().startswith(_WITH_PICTURES) else MAX_PLAIN_BYTES

    @property
    def all_secrets(self) -> tuple[bytes, ...]:
        """Secrets that must be masked wherever a body is shown or kept."""
        held = [each.get_secret_value().encode() for each in (self.token, self.password) if each]
        return tuple(each for each in held if each)
