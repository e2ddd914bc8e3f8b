"""SHA-256 of files: the one place that compares a file with the hash it is supposed to have."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256_of(source: Path | bytes) -> str:
    """The hash in lower-case hexadecimal, of a file or of bytes in memory. Raises OSError for an unreadable file."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def mismatch(source: Path | bytes, expected: str) -> str | None:
    """The hash found where it is not `expected` (hexadecimal, in either case); None where they agree.

    Raises OSError for an unreadable file.
    """
    found = sha256_of(source)
    return None if found == expected.lower() else found
