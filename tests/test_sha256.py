"""Files and the hashes that they are supposed to have."""

from __future__ import annotations

import pytest

from gateway.sha256 import mismatch, sha256_of

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""FIPS 180-2, B.1."""


def test_a_file_and_bytes_in_memory_have_the_same_hash(tmp_path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == sha256_of(b"abc") == ABC


def test_the_hash_may_be_written_in_capitals_and_another_one_is_named() -> None:
    assert mismatch(b"abc", ABC.upper()) is None
    assert mismatch(b"abc", "0" * 64) == ABC


def test_a_file_that_is_not_there_is_an_oserror(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        mismatch(tmp_path / "abc", ABC)
