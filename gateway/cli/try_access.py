"""`anju try access`: what a door would answer to a credential, as JSON with the reason."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from gateway.cli.common import data_option
from gateway.config import load
from gateway.config.access.cases import parse_moment, split_credential
from gateway.config.configuration import Configuration
from gateway.errors import ConfigError
from gateway.settings.mend import Wrong
from gateway.store import Store

config_option = click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ANJU_CONFIG",
    help="The folder of the YAML files; default: `config` in the data folder or here, or /etc/anju.",
)


@click.command("access")
@click.option("--credential", required=True, metavar="KIND:VALUE", help="Such as card:12345678 or plate:苏M12345.")
@click.option("--door", required=True, help="The id of its device.")
@click.option(
    "--at", "moment", metavar="TIME", help="By the compound's clock, such as '2026-11-25 10:00'; default: now."
)
@click.option("--reader", default="", help="The id of the reader, where it makes a difference.")
@config_option
@data_option
def access(credential: str, door: str, moment: str | None, reader: str, config: Path | None, data: Path) -> None:
    """Print what DOOR would answer to the credential: {"granted", "code", "reason", "person", …}.

    Kinds: card, pin, face and phone (the id of a person), plate, pass (its code or its id), remote (a user).
    Opens nothing and needs no running gateway. The exit status is 0 for both answers, and 1 for a mistake.
    """
    try:
        configuration = load(configuration_folder(config, data))
        split_credential(credential)
        at = datetime.now(UTC)
        if moment is not None:
            at = parse_moment(moment, ZoneInfo(configuration.compound.timezone))
    except Wrong as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    decision = asyncio.run(_decide(configuration, data, credential, door, at, reader))
    click.echo(json.dumps(decision, ensure_ascii=False))


async def _decide(
    configuration: Configuration, data: Path, credential: str, door: str, at: datetime, reader: str
) -> dict[str, object]:
    from gateway.access.trial import shown  # noqa: PLC0415  slow to load
    from gateway.app.access_trial import open_trial  # noqa: PLC0415  slow to load

    async with Store.open(existing(data)) as store:
        trial = await open_trial(store, configuration)
        return shown(trial.decide(credential, door, at, reader), credential, door, at)


def existing(data: Path) -> Path:
    """The data folder; raises ClickException when there is none: an empty one would know nobody."""
    if not (data / "anju.db").exists():
        raise click.ClickException(f"{data} holds no gateway's data: give its data folder with --data")
    return data


def configuration_folder(given: Path | None, data: Path) -> Path:
    """Where the YAML files are. Raises ClickException when they are in no usual place."""
    for folder in (given,) if given is not None else (data / "config", Path("config"), Path("/etc/anju")):
        if folder is not None and (folder / "compound.yaml").exists():
            return folder
    raise click.ClickException("give the folder of the YAML files with --config")
