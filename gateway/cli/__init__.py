"""The command line. Each command is a module of this package with a click object named `command`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

from gateway import __version__
from gateway.errors import AnjuError, ConfigError

_NOT_COMMANDS = {"common", "control_client", "try_access", "try_notify"}


class _FromFiles(click.Group):
    """Imports a command's module when it is called: `anju door-plates` is door_plates.py, `anju try` is try_.py."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The commands' names, sorted."""
        names = {module.name for module in pkgutil.iter_modules(__path__)} - _NOT_COMMANDS
        return sorted(name.rstrip("_").replace("_", "-") for name in names)  # `try` is a keyword, so its module is try_

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command with this name; imports its module."""
        if name not in self.list_commands(_ctx):
            return None
        file = name.replace("-", "_")
        module = import_module(f"{__name__}.{file}_" if file == "try" else f"{__name__}.{file}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; print an expected error without a traceback and exit with status 1."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(str(error), err=True)
            raise SystemExit(1) from error
        except AnjuError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_FromFiles, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="anju")
def main() -> None:
    """Anju (安居): the gateway of a smart residential compound."""
