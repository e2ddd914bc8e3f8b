"""Tokens for QR codes that people scan: unguessable, and the same on every reprint.

A token is 12 random bytes and the first 12 of their MAC, in base64url (32 characters). A guess fails at the MAC, before
any table is read. A table stores a hash of the random half, to find it, and the half sealed, to print it again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from gateway.store.vault import Vault, VaultError

_HALF = 12
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class SignedTokens:
    """The tokens of one purpose: a code of another purpose or of another compound's key is refused."""

    vault: Vault
    purpose: str

    def new_half(self) -> bytes:
        """A random half, 96 bits."""
        return secrets.token_bytes(_HALF)

    def token(self, half: bytes) -> str:
        """The token of a half. Raises VaultError without a usable key."""
        return base64.urlsafe_b64encode(half + self._proof(half)).decode()

    def verified_half(self, token: str) -> bytes | None:
        """The token's half; None for what this key has not signed."""
        if not _TOKEN.fullmatch(token):
            return None
        data = base64.urlsafe_b64decode(token)
        half, proof = data[:_HALF], data[_HALF:]
        try:
            ours = hmac.compare_digest(self._proof(half), proof)
        except VaultError:  # without the key the MAC can't be checked; the table's hash still identifies a half
            return half
        return half if ours else None

    def _proof(self, half: bytes) -> bytes:
        return self.vault.mac(self.purpose, half)[:_HALF]


def hash_of(half: bytes) -> bytes:
    """What the table finds a half by."""
    return hashlib.sha256(half).digest()
