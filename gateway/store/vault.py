"""Personal data at rest: AES-256-GCM, and HMAC-SHA256 for what must be recognised, not read.

The master key is made on first use in `keys/data.key` (0600) beside the database, or given
by systemd as the credential `anju-data-key`. Each purpose has a key of its own (HKDF).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import AnjuError

_NONCE = 12
_CREDENTIAL = "anju-data-key"


class VaultError(AnjuError):
    """The key is missing, of the wrong size, or not the one this data was written with."""


class Vault:
    def __init__(self, folder: Path) -> None:
        self._master = _master_key(folder)
        self._cipher = AESGCM(self._key("at rest"))

    def encrypt(self, plain: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    def decrypt(self, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except InvalidTag as error:
            raise VaultError("data was written with another key: put back the keys folder of its backup") from error

    def mac(self, purpose: str, data: bytes) -> bytes:
        """32 bytes that only this gateway can make for this purpose and data."""
        return hmac.digest(self._key(purpose), data, hashlib.sha256)

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, None, f"anju {purpose}".encode()).derive(self._master)


def _master_key(folder: Path) -> bytes:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    given = Path(credentials, _CREDENTIAL) if credentials else None
    path = given if given and given.exists() else folder / "keys" / "data.key"
    if not path.exists():
        _make_key(path)
    key = bytes.fromhex(path.read_text().strip())
    if len(key) != 32:
        raise VaultError(f"{path} must hold 64 hexadecimal digits; restore it from the backup")
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was first: its key stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()
