"""What the commands about faces share."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.config import load
from gateway.vision.face_matching import FaceMatching

config_option = click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="CONFIG_DIR, for its `vision.faces`: strangers a day, and models of one's own.",
)


def matching_of(config: Path | None) -> FaceMatching:
    """Raises ConfigError."""
    return load(config).compound.vision.faces.matching if config else FaceMatching()
