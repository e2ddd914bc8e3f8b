"""`python -m tests.fuzz [DECODER…]`: every decoder of strangers' bytes under fire; exit 0 if all held.

Input is made by a mutator of our own (mutate.py), the same for the same seed. Atheris 3.0 was tried. Forty seconds
of its coverage-guided search reached 156 lines behind DC-09's frames where ten million bytes of this reach 173 in two
seconds, as it does not know how to seal a frame; over a whole RTSP session it reached two lines that nothing here
does. It has wheels for x86-64 and Python 3.11 to 3.13 alone, and we run on arm64 and 3.14 too; and its input is one
piece, where the cutting of a stream and a line's silences are half of what can go wrong. Hypothesis, which the
decoders' own tests use for what must be true of their output, makes some thousand examples in that time.
"""

from __future__ import annotations

import os
import time

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from tests.fuzz import apart
from tests.fuzz.registry import SUBJECTS
from tests.fuzz.replay import replayed, watched
from tests.fuzz.result import Result
from tests.fuzz.show import table

COLUMNS = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())


@click.command()
@click.argument("decoders", nargs=-1, metavar="[DECODER]…", type=click.Choice(list(SUBJECTS)))
@click.option("--bytes", "size", default=10_000_000, show_default=True, type=click.IntRange(min=1000))
@click.option("--seed", type=int, help="of the input; a new one each time if absent")
@click.option("--replay", metavar="HEX,…", help="feed one DECODER these chunks, as a failure printed them")
def main(decoders: tuple[str, ...], size: int, seed: int | None, replay: str | None) -> None:
    """Run DECODERs, or all of them."""
    if replay is not None:
        _replay(decoders, replay)
        return
    os.nice(10)
    console = Console(width=None if Console().is_terminal else 130)
    seed = time.time_ns() % 1_000_000 if seed is None else seed
    results = _all(console, decoders or tuple(SUBJECTS), size, seed)
    console.print(table(results, seed))
    failed = [each for each in results if each.failure]
    for each in failed:
        console.print(each.failure.told(each.name, seed), markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise SystemExit(1)


def _all(console: Console, names: tuple[str, ...], size: int, seed: int) -> list[Result]:
    results = []
    with Progress(*COLUMNS, console=console) as progress:
        whole = progress.add_task("all", total=len(names) * size)
        for index, name in enumerate(names):
            task = progress.add_task(name, total=size)

            def tell(done: int, task=task, before: int = index * size) -> None:
                progress.update(task, completed=done)
                progress.update(whole, completed=before + done)

            results.append(apart.run(name, size, seed, tell))
            progress.remove_task(task)
            if not console.is_terminal:
                progress.console.print(f"{name}: {'FAILED' if results[-1].failure else 'ok'}")
    return results


def _replay(decoders: tuple[str, ...], chunks: str) -> None:
    if len(decoders) != 1:
        raise click.UsageError("name the one decoder to replay")
    with watched():
        error = replayed(SUBJECTS[decoders[0]], [bytes.fromhex(chunk) for chunk in chunks.split(",")])
    if error is not None:
        raise error
    click.echo(f"{decoders[0]} takes it, or refuses it as it says")


if __name__ == "__main__":
    main()
