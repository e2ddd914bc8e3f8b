"""The client of the control socket: sends requests to the gateway that runs on a data folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

from gateway.store.control_socket import SOCKET_NAME

PROBE_TIMEOUT_S = 5.0


class NotRunning(click.ClickException):
    """No gateway runs on the data folder."""


class SendRequest(Protocol):
    """Sends one request."""

    def __call__(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The replies, as they come. Raises ClickException when the gateway does not answer in time."""
        ...


@contextmanager
def connect(data: Path, timeout_s: float) -> Iterator[SendRequest]:
    """Connect to the gateway; it must send each reply within `timeout_s`.

    Raises ClickException when no gateway runs there, or when it belongs to another user.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout_s)
        _connect_socket(client, data)

        def send(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile(encoding="utf-8") as lines:
                try:
                    yield from map(json.loads, lines)
                except TimeoutError:
                    raise click.ClickException(f"the gateway has not answered for {timeout_s:g} s") from None
                except (OSError, ValueError):
                    return  # the gateway was killed, perhaps in the middle of a line

        yield send


def _connect_socket(client: socket.socket, data: Path) -> None:
    try:
        folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    except OSError as error:
        raise click.ClickException(f"{data}: {error.strerror}; give the gateway's --data") from None
    try:
        # A socket's path may have 107 bytes at most; through the folder's descriptor it always fits.
        client.connect(f"/proc/self/fd/{folder}/{SOCKET_NAME}")
    except PermissionError:
        fix = "run this as the gateway's user, such as: sudo -u anju anju reload --data …"
        raise click.ClickException(f"{data} is not yours; {fix}") from None
    except OSError:
        raise NotRunning(f"no gateway runs on {data}; `anju check` checks files without one") from None
    finally:
        os.close(folder)


def is_running(data: Path) -> bool:
    """Whether a gateway runs on this data folder; False also when this user may not connect to it."""
    try:
        with connect(data, PROBE_TIMEOUT_S):
            return True
    except click.ClickException:
        return False


def refresh_register(data: Path) -> None:
    """Make the running gateway reload people, vehicles and faces; prints a warning if it does not. Without a gateway
    nothing happens.
    """
    try:
        with connect(data, PROBE_TIMEOUT_S) as send:
            replies = list(send({"do": "refresh"}))
    except NotRunning:
        return
    except click.ClickException as error:
        replies = [{"say": "refused", "mistakes": [error.message]}]
    if not replies or replies[-1]["say"] != "done":
        why = "; ".join(reply for each in replies for reply in each.get("mistakes", ()))
        click.echo(f"the running gateway does not know of it yet ({why or 'no answer'}): run anju reload", err=True)
