"""What a test needs from the system, and whether it is here."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

TYPELIBS = "/usr/lib"


def present(part: str) -> bool:
    """Whether a part is installed.

    `mosquitto` is an executable, `python:gi` a module of this interpreter, and
    `typelib:GstRtspServer-1.0` a GObject binding that Debian's own /usr/bin/python3 loads.
    """
    scheme, colon, name = part.partition(":")
    if not colon:
        return shutil.which(part) is not None or Path("/usr/sbin", part).exists()
    if scheme == "python":
        return find_spec(name) is not None
    if scheme == "typelib":
        return any(Path(TYPELIBS).glob(f"**/girepository-1.0/{name}.typelib"))
    raise ValueError(f"part {part!r}: write an executable's name, python:MODULE or typelib:NAME-VERSION")


def executable(name: str) -> str:
    """The path of a system program; Debian keeps daemons in /usr/sbin, which few have in PATH."""
    return shutil.which(name) or f"/usr/sbin/{name}"
