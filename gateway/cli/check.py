"""`anju check CONFIG_DIR`: prints all mistakes of a configuration, or a summary of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from gateway.config import Configuration, load
from gateway.config.schema import write_schemas
from gateway.errors import ConfigError


@click.command("check")
@click.argument("config_dir", required=False, type=click.Path(path_type=Path))
@click.option(
    "--schema",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write JSON Schemas for editors into this folder, with the drivers and rules that are installed.",
)
def command(config_dir: Path | None, schema: Path | None) -> None:
    """Check the YAML files of CONFIG_DIR.

    Prints every mistake as FILE:LINE: WHAT, THE FIX and exits with 1; else prints hints and a summary and exits with 0.
    """
    if schema is not None:
        for file in write_schemas(schema):
            click.echo(f"{file} written")
    elif config_dir is None:
        raise click.UsageError("Give the folder that holds compound.yaml, or --schema DIR.")
    if config_dir is None:
        return
    try:
        configuration = load(config_dir)
    except ConfigError as error:
        for mistake in sorted(error.mistakes):
            click.echo(str(mistake))
        raise click.exceptions.Exit(1) from None
    for hint in configuration.hints:
        click.echo(f"{hint.file}:{hint.line}: hint: {hint.what}; {hint.mend}")
    click.echo(summary(configuration))


def summary(configuration: Configuration) -> str:
    """The compound's name and the number of devices, rules and places, in two lines."""
    kinds = Counter(entry.device.kind for entry in configuration.devices)
    parts = sum(len(entry.parts) for entry in configuration.devices)
    devices = [f"{count} {kind}" for kind, count in sorted(kinds.items())]
    devices += [f"with {parts} parts"] if parts else []
    return (
        f"{configuration.compound.name}: no mistakes\n"
        f"{_count(len(configuration.devices), 'device')} ({', '.join(devices) or 'none yet'}), "
        f"{_count(len(configuration.rules), 'rule')}, {_count(len(configuration.places), 'place')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
