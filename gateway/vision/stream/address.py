"""Checks a stream's address as the YAML gives it."""

from __future__ import annotations

import re
from pathlib import PurePath

from gateway.masking import misspelt

SCHEMES = ("rtsp", "rtsps", "http", "https", "file")

_PORT = re.compile(r"^[^/?#]*:([^/?#:\]]+)(?=[/?#]|$)")


def ffmpeg_path(file: str) -> str:
    """A file's path as FFmpeg takes it: it would read a bare `10:30.mp4` as an address of the scheme `10`."""
    return file if PurePath(file).is_absolute() else f"./{file}"


def address_error(source: str) -> str | None:
    """What is wrong with a stream's address; None when it can be tried. Does not repeat it: it may hold a password."""
    scheme, separator, rest = source.partition("://")
    if not separator and source.startswith(("/", ".")):
        return None
    if not separator:
        return misspelt(source) or "is neither an address (rtsp://…) nor a file's path (/…)"
    misspelling = misspelt(source) if scheme != "file" else None
    if misspelling or scheme not in SCHEMES:
        return misspelling or f"has the scheme {scheme!r}; it may be one of {', '.join(SCHEMES)}"
    where = rest.rpartition("@")[2]  # without user and password
    if not where.strip("/"):
        return "names no host"
    port = _PORT.search(where)
    if port and not (port[1].isascii() and port[1].isdecimal() and 0 < int(port[1]) < 1 << 16):
        return "names an invalid port: ports are 1 to 65535, and the host comes before them"
    return None
