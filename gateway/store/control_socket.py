"""The control socket in the data folder: whether a gateway is running there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

SOCKET_NAME = "control.sock"


def is_gateway_running(data: Path) -> bool:
    """Whether something accepts a connection at the control socket. Sends nothing."""
    try:
        folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            # A socket's path may have 107 bytes at most; through the folder's descriptor it always fits.
            client.connect(f"/proc/self/fd/{folder}/{SOCKET_NAME}")
            return True
    except OSError:
        return False
    finally:
        os.close(folder)
