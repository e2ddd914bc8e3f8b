"""`python -m tests.docs` (`make docs`): write anew what docs/ holds that is made from the code."""

from __future__ import annotations

import click

from tests.docs import generated


@click.command()
def main() -> None:
    """Write the generated pages of docs/."""
    for file in generated.write():
        click.echo(f"{file.relative_to(generated.ROOT)} written")


if __name__ == "__main__":
    main()
