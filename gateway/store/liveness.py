"""Whether a gateway runs on a data folder: it answers at the socket there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

SOCKET = "control.sock"


def gateway_lives(data: Path) -> bool:
    """Connects and says nothing."""
    try:
        folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            line.connect(f"/proc/self/fd/{folder}/{SOCKET}")  # a socket's name may have 107 bytes at most
            return True
    except OSError:
        return False
    finally:
        os.close(folder)
