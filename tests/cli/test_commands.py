"""Every command that `anju` lists can be read and explains itself."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from gateway.cli import main

NAMES = main.list_commands(click.Context(main))


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_anju_alone_lists_its_commands(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    for name in NAMES:
        assert f"  {name} " in done.output


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage:" in done.output


def test_a_mistyped_command_is_named() -> None:
    done = CliRunner().invoke(main, ["chekc"])
    assert done.exit_code == 2
    assert "No such command 'chekc'" in done.output
