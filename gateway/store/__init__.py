"""Persistent storage: one SQLite file with one writer, a folder of pictures, a vault for personal data."""

from gateway.store.store import Store

__all__ = ["Store"]
