"""Encryption of DC-09 §5.4: AES-128, -192 or -256 in CBC mode with a zero IV, as hex digits, padded in front."""

from __future__ import annotations

import secrets
import string

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK_BYTES = 16
KEY_SIZES = (16, 24, 32)
_PADDING = ((string.ascii_letters + string.digits) * 5).encode()[:256]
"""Translates a random byte to a letter or digit: padding may hold anything but `[`, `]` and `|` (§5.4.5)."""


def _cipher(key: bytes) -> Cipher[CBC]:
    return Cipher(
        AES(key), CBC(bytes(BLOCK_BYTES))
    )  # the standard requires a zero IV; the random padding in front replaces it


def encrypt(clear: bytes, key: bytes) -> bytes:
    """Return the hex digits of the encrypted text. `clear` begins with the `|` that ends the padding.

    There are always 1 to 16 bytes of padding, also where `clear` fills whole blocks.
    """
    padding = secrets.token_bytes(BLOCK_BYTES - len(clear) % BLOCK_BYTES).translate(_PADDING)
    encryptor = _cipher(key).encryptor()
    return (encryptor.update(padding + clear) + encryptor.finalize()).hex().upper().encode()


def decrypt(hexed: bytes, key: bytes) -> bytes | None:
    """Return the text with its padding, or None if `hexed` is not the hex of whole blocks.

    A wrong key is not detected here: it returns random bytes.
    """
    try:
        encrypted = bytes.fromhex(hexed.decode("ascii"))
    except ValueError:
        return None
    if not encrypted or len(encrypted) % BLOCK_BYTES:
        return None
    decryptor = _cipher(key).decryptor()
    return decryptor.update(encrypted) + decryptor.finalize()


def parse_key(text: str, *, as_text: bool | None = None) -> bytes:
    """Return the AES key that an installer wrote: hex digits, or the key's own characters as many panels take it.

    `as_text` decides which; with None, anything that can be a hex key is read as hex. Raises ValueError, whose
    text does not contain the key.
    """
    # Hex first: 32 hex digits could also be a text key of 256 bits, but hardly anybody chooses such a text.
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
