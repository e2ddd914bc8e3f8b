"""Asking the gateway that runs on some data, through the socket in its folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

PATIENCE_S = 5.0


class NotRunning(click.ClickException):
    """No gateway runs on the data folder."""


class Ask(Protocol):
    def __call__(self, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Its answers, as they come."""
        ...


@contextmanager
def gateway_on(data: Path, patience: float) -> Iterator[Ask]:
    """Gives a function that asks the gateway and yields its answers, each within `patience` seconds."""
    try:
        folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    except OSError as error:
        raise click.ClickException(f"{data}: {error.strerror}; name the gateway's --data") from None
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(patience)
        try:
            line.connect(f"/proc/self/fd/{folder}/control.sock")  # a socket's name may have 107 bytes at most
        except PermissionError:
            mend = "run this as the gateway's user, such as: sudo -u anju anju reload --data …"
            raise click.ClickException(f"{data} is not yours; {mend}") from None
        except OSError:
            raise NotRunning(f"no gateway runs on {data}; `anju check` checks the files alone") from None
        finally:
            os.close(folder)

        def ask(asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
            line.sendall(json.dumps(asked).encode() + b"\n")
            with line.makefile(encoding="utf-8") as lines:
                try:
                    yield from map(json.loads, lines)
                except TimeoutError:
                    raise click.ClickException(f"the gateway has not answered for {patience:g} s") from None
                except (OSError, ValueError):
                    return  # it was killed, in the middle of a line perhaps

        yield ask


def is_running(data: Path) -> bool:
    """Whether a gateway runs on this data now, as far as this user may know."""
    try:
        with gateway_on(data, PATIENCE_S):
            return True
    except click.ClickException:
        return False


def refresh_register(data: Path) -> None:
    """Have the gateway that runs on this data read people, vehicles and faces anew; nothing when none runs."""
    try:
        with gateway_on(data, PATIENCE_S) as ask:
            replies = list(ask({"do": "refresh"}))
    except NotRunning:
        return
    except click.ClickException as error:
        replies = [{"say": "refused", "mistakes": [error.message]}]
    if not replies or replies[-1]["say"] != "done":
        why = "; ".join(reply for each in replies for reply in each.get("mistakes", ()))
        click.echo(f"the running gateway does not know of it yet ({why or 'no answer'}): run anju reload", err=True)
