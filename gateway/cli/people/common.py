"""What the commands about people share."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from gateway.config import load
from gateway.people.register_writer import ChangedBy
from gateway.people.roster import CHINA
from gateway.store import Store

T = TypeVar("T")
config_option = click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ANJU_CONFIG",
    help="The folder of compound.yaml: places must be in it, and may be given by their full names; its zone holds.",
)
why_option = click.option("--why", required=True, help="The reason; it stands in the room's history.")


def zone_of(config: Path | None) -> ZoneInfo:
    """The compound's time zone; China's without a configuration."""
    return ZoneInfo(load(config).compound.timezone) if config else CHINA


def by_command_line(why: str) -> ChangedBy:
    """Who types the command."""
    return ChangedBy(f"cli:{getpass.getuser()}", why)


def run(data: Path, act: Callable[[Store], Awaitable[T]]) -> T:
    """Do it with the store of the data folder."""

    async def opened() -> T:
        async with Store.open(data) as store:
            return await act(store)

    return asyncio.run(opened())


def is_below(place: str | None, prefix: str) -> bool:
    """Whether the place is `prefix` or below it; everything is below the empty one."""
    prefix = prefix.rstrip("/")
    return not prefix or place == prefix or (place or "").startswith(f"{prefix}/")
