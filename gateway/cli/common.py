"""Options and checks that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click


def _default_data() -> Path:
    # $XDG_DATA_HOME, see the XDG base directory specification; the service sets ANJU_DATA instead.
    state = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(state, "anju")


def check_new_file(file: Path) -> Path:
    """Check, before the work begins, that `file` can be created at its end; raises ClickException."""
    if file.exists():
        raise click.ClickException(f"{file} exists; give a new file with --out")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise click.ClickException(f"{file.parent} is no folder that you may write to; give another with --out")
    return file


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ANJU_DATA",
    default=_default_data,
    show_default="ANJU_DATA, else the XDG data folder",
    help="The data folder: database, pictures, keys.",
)
