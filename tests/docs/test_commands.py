"""Every command block of the pages is run against a demo, or says why not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import main
from tests.docs.blocks import PAGES, Block, all_blocks
from tests.docs.running_demo import RunningDemo, running_demo
from tests.support import parts

COMMANDS = list({(block.mark, block.text): block for block in reversed(all_blocks("sh"))}.values())[::-1]
"""Each block once: the Chinese page and the English one beside it have the same commands."""
SYSTEM_PARTS = {"mosquitto_pub": "mosquitto-clients", "curl": "curl", "jq": "jq", "sqlite3": "sqlite3"}
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("docs")) as running:
        yield running


@pytest.mark.parametrize("block", [block for block in COMMANDS if not block.reason], ids=str)
def test_a_command_block_runs(block: Block, demo: RunningDemo, tmp_path: Path) -> None:
    for part, package in SYSTEM_PARTS.items():
        if part in block.text and not parts.present(part):
            pytest.skip(f"{part} is missing: apt-get install {package}")
    if block.mark == "until-ctrl-c":
        status, said = demo.run_until_interrupted(block.text, tmp_path)
        assert status in {0, 130, -2, 1}, said
        assert "Traceback" not in said
        assert "Usage:" not in said, said
        return
    expected = int(block.mark.removeprefix("exit ")) if block.mark.startswith("exit ") else 0
    status, said = demo.run(block.text, tmp_path)
    assert status == expected, said
    assert "Traceback" not in said, said


def test_a_block_says_in_known_words_how_it_is_tried() -> None:
    odd = [
        f"{block}: {block.mark}"
        for block in COMMANDS
        if block.mark and not re.fullmatch(r"until-ctrl-c|exit \d+|no-run: .{3,}", block.mark)
    ]
    assert not odd


def anju_lines(block: Block) -> Iterator[list[str]]:
    """The words of each line that calls `anju`, after that word; what comes behind a pipe or `<` is left out."""
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["sudo"]:
            words = words[3:] if words[1:2] == ["-u"] else words[1:]
        if words and (words[0] == "anju" or words[0].endswith("/bin/anju")):
            end = next((i for i, word in enumerate(words) if word in {"|", "<", ">", "&&", ";"}), len(words))
            yield words[1:end]


@pytest.mark.parametrize("block", [block for block in COMMANDS if block.reason], ids=str)
def test_what_is_not_run_names_commands_and_options_that_there_are(block: Block) -> None:
    for words in anju_lines(block):
        command, rest, context = _resolved(words)
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        used = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert used <= known | {"--help"}, f"{block}: anju {' '.join(words)}: no {used - known} in {context.info_name}"


def _resolved(words: list[str]) -> tuple[click.Command, list[str], click.Context]:
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        assert words, f"{context.info_name} needs a command"
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no command {words[0]!r}"
        command, words = found, words[1:]
        context = click.Context(command, parent=context, info_name=command.name)
    return command, words, context


def test_the_pages_name_every_command() -> None:
    context = click.Context(main)
    names = main.list_commands(context)
    assert all(main.get_command(context, name) for name in names)
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    missing = [name for name in names if f"anju {name}" not in pages]
    assert not missing
