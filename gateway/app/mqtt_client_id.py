"""The gateway's client id at an MQTT broker: two gateways with one id would take each other's session and signals."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)
FILE = "mqtt_client_id"
_OURS = re.compile(r"anju-[0-9a-f]{12}")
"""Within the 23 characters that every broker must accept [MQTT-3.1.3-5], which are letters and digits, but for the
hyphen."""


def gateway_client_id(folder: Path) -> str:
    """The data folder's client id: random, created at the first start and the same at every later one."""
    file = folder / FILE
    try:
        if _OURS.fullmatch(stored := file.read_text("ascii").strip()):
            return stored
    except FileNotFoundError:
        pass  # the first start
    except (OSError, UnicodeDecodeError) as error:
        # Not a new random id: with the file unreadable at each start, every start would begin another session.
        log.warning("the client id can't be read", file=str(file), why=str(error))
        return _of_path(folder)
    return _store(file, f"anju-{secrets.token_hex(6)}")


def _store(file: Path, name: str) -> str:
    draft = file.with_suffix(".draft")
    try:
        draft.write_text(f"{name}\n", "ascii")
        draft.replace(file)
    except OSError as error:
        log.warning("the client id can't be written", file=str(file), why=str(error))
        return _of_path(file.parent)
    return name


def _of_path(folder: Path) -> str:
    """A client id for a read-only or full disk: the same at every start on this machine."""
    try:
        machine = Path("/etc/machine-id").read_text("ascii", "replace").strip()
    except OSError:
        machine = ""
    identity = f"{machine}\n{folder.resolve()}".encode()
    return f"anju-{hashlib.blake2b(identity, digest_size=6).hexdigest()}"
