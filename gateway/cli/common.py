"""What several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click


def _default_data() -> Path:
    state = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(state, "anju")


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ANJU_DATA",
    default=_default_data,
    show_default="ANJU_DATA, else the XDG data folder",
    help="Where state lives: the record, pictures, keys.",
)
