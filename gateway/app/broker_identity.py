"""What this gateway calls itself at a broker: two that share a name take each other's session and signals."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)
FILE = "mqtt_client_id"
_OURS = re.compile(r"anju-[0-9a-f]{12}")
"""Within the 23 letters and digits that every broker takes [MQTT-3.1.3-5], but for the hyphen."""


def own_client_id(folder: Path) -> str:
    """Of this data folder: made by chance the first time, the same at every start."""
    file = folder / FILE
    try:
        if _OURS.fullmatch(known := file.read_text("ascii").strip()):
            return known
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the client id can't be read", file=str(file), why=str(error))
        return _of_path(folder)
    return _made(file, f"anju-{secrets.token_hex(6)}")


def _made(file: Path, name: str) -> str:
    draft = file.with_suffix(".draft")
    try:
        draft.write_text(f"{name}\n", "ascii")
        draft.replace(file)
    except OSError as error:
        log.warning("the client id can't be kept", file=str(file), why=str(error))
        return _of_path(file.parent)
    return name


def _of_path(folder: Path) -> str:
    """For a disk that is read-only or full: the same at every start on this machine."""
    try:
        machine = Path("/etc/machine-id").read_text("ascii", "replace").strip()
    except OSError:
        machine = ""
    said = f"{machine}\n{folder.resolve()}".encode()
    return f"anju-{hashlib.blake2b(said, digest_size=6).hexdigest()}"
