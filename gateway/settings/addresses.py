"""Types for addresses in the YAML: listen addresses and URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.masking import masked, misspelt
from gateway.settings.mend import Wrong, did_you_mean

_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):(?P<port>[0-9]{1,6})")
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Listen:
    """The address of a server. Port 0 means any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(value: object) -> Listen:
    """Parse `"127.0.0.1:8080"` or `"[::1]:8080"`; raises Wrong."""
    if isinstance(value, Listen):
        return value
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Wrong(f"{value!r} is no address to listen on", "write host:port, such as 127.0.0.1:8080")
    port = int(match["port"])
    if port > _MAX_PORT:
        raise Wrong(f"port {port} is out of range", f"write one from 1 to {_MAX_PORT}")
    return Listen(match["host"].strip("[]"), port)


ListenAddress = Annotated[
    Listen,
    BeforeValidator(parse_listen),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^.+:[0-9]+$", "examples": ["127.0.0.1:8080"]}),
]


def url_of(*schemes: str) -> AfterValidator:
    """A validator for URLs of these schemes with a host (`file:` needs only a path)."""

    def check(value: str) -> str:
        scheme, _, rest = value.partition("://")
        if not rest or scheme not in schemes:
            mend = did_you_mean(scheme, schemes) if rest else f"begin with {' or '.join(f'{s}://' for s in schemes)}"
            raise Wrong(f"{masked(value)!r} is no URL of a kind used here", mend)
        _check_host(value, scheme)
        return value

    return AfterValidator(check)


def _check_host(url: str, scheme: str) -> None:
    if scheme != "file" and (fault := misspelt(url)):
        what, _, mend = fault.partition("; ")
        raise Wrong(f"this address {what}", mend)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # .port raises for one out of range
    except ValueError as error:
        raise Wrong(f"{masked(url)!r} is no URL ({error})", "correct the host and port") from None
    if scheme != "file" and not host:
        raise Wrong(f"{masked(url)!r} names no host", f"write {scheme}://HOST/…")


HttpAddress = Annotated[str, url_of("http", "https")]
