"""Options shared by the `anju faces` commands."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.config import load
from gateway.vision.face_matching import FaceMatching

config_option = click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="CONFIG_DIR with `vision.faces`: strangers a day, and models of your own.",
)


def load_matching(config: Path | None) -> FaceMatching:
    """Face matching as configured, or the defaults without CONFIG_DIR. Raises ConfigError."""
    return load(config).compound.vision.faces.matching if config else FaceMatching()
