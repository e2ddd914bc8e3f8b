"""Encryption of DC-09 §5.4: AES-128, -192 or -256 in CBC with a zero vector, written in hex, padded in front."""

from __future__ import annotations

import secrets
import string

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK_BYTES = 16
KEY_SIZES = (16, 24, 32)
_PADDING = ((string.ascii_letters + string.digits) * 5).encode()[:256]
"""Every byte as a character of the padding, which may be any but `[`, `]` and `|` (§5.4.5)."""


def _cipher(key: bytes) -> Cipher[CBC]:
    return Cipher(
        AES(key), CBC(bytes(BLOCK_BYTES))
    )  # the zero vector is the standard's: what differs is in the padding


def encrypt(clear: bytes, key: bytes) -> bytes:
    """Hex of the padded text: `clear` begins with what follows the padding, a `|`. There is always padding."""
    padding = secrets.token_bytes(BLOCK_BYTES - len(clear) % BLOCK_BYTES).translate(_PADDING)
    encryptor = _cipher(key).encryptor()
    return (encryptor.update(padding + clear) + encryptor.finalize()).hex().upper().encode()


def decrypt(hexed: bytes, key: bytes) -> bytes | None:
    """The text with its padding, or None when it is no hex of whole blocks. A wrong key gives rubbish, not None."""
    try:
        sealed = bytes.fromhex(hexed.decode("ascii"))
    except ValueError:
        return None
    if not sealed or len(sealed) % BLOCK_BYTES:
        return None
    decryptor = _cipher(key).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def parse_key(text: str, *, as_text: bool | None = None) -> bytes:
    """The key as an installer has it: hex digits, or the very characters (as many panels' menus take it).

    Unless `as_text` says which, what can be hex is. Raises ValueError, which does not show the key.
    """
    if not as_text:
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) in KEY_SIZES:
            return key
    if as_text is not False and text.isascii() and len(text) in KEY_SIZES:
        return text.encode()
    raise ValueError(f"a key of {len(text)} characters is no AES key")
