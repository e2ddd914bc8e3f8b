"""Ids of what is made here, and the shapes of the ids that an installer writes."""

from __future__ import annotations

import re
import secrets
import time

DEVICE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
PLACE_PATH = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")


def new_id(prefix: str) -> str:
    """A unique id that sorts by the time it was made: `prefix-` + 48 bit ms + 64 bit chance."""
    return f"{prefix}-{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"
