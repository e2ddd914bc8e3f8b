"""Locates and loads model files: one thread, no spinning.

Packages are located without importing them: the start-up code of RapidOCR and face_recognition_models (logging,
`pkg_resources`) is not needed. A model converted from a wheel's (a smaller head, another format) is made once and
kept in the cache folder, which may be emptied at any time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import onnxruntime
from onnxruntime import InferenceSession

from gateway.errors import ConfigError, Mistake

_REINSTALL = "install anju-gateway again"


def model_file(package: str, pattern: str) -> Path:
    """The newest model of `package` whose file name matches `pattern`. Raises ConfigError if there is none."""
    # find_spec locates without importing; an absent package gives a folder in which nothing is found
    spec = find_spec(package)
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else Path(package)
    found = sorted(folder.glob(pattern))
    if not found:
        raise ConfigError([Mistake(folder, 0, f"no model {pattern} here", f"install {package} again")])
    return found[-1]


def verify_vendored(file: Path, sha256: str) -> Path:
    """The path of a vendored model, checked by its hash, since any ONNX file loads.

    Raises ConfigError if it is absent or damaged.
    """
    try:
        actual = _sha256(file)
    except OSError as error:
        raise ConfigError([Mistake(file, 0, f"can't be read: {error.strerror}", _REINSTALL)]) from error
    if actual != sha256:
        raise ConfigError([Mistake(file, 0, f"is damaged: SHA-256 {actual} instead of {sha256}", _REINSTALL)])
    return file


def load_session(model: Path | bytes, threads: int = 1) -> InferenceSession:
    """A new session for the calling thread; with one thread the caller's own does the work."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Idle threads would otherwise spin and take the CPU from decoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = str(model) if isinstance(model, Path) else model
    return InferenceSession(source, options, providers=["CPUExecutionProvider"])


def load_converted(name: str, source: Path, convert: Callable[[Path], bytes], threads: int = 1) -> InferenceSession:
    """The model that `convert` makes of `source`: from the cache, or made now and cached.

    `name` contains the version of `convert`. Raises ImportError if the `onnx` package is absent and the model is not
    cached. A cache that can't be written costs only the time of converting again.
    """
    cached = cache_folder() / f"{name}-{_sha256(source)[:16]}.onnx"
    if cached.is_file():
        with suppress(Exception):  # onnxruntime's own exceptions have no common base; a broken copy is made again
            return load_session(cached, threads)
    model = convert(source)
    with suppress(OSError):
        _write_cache(cached, model)
    return load_session(model, threads)


def cache_folder() -> Path:
    """ANJU_CACHE, or systemd's CacheDirectory=, or beside the state in ANJU_DATA, else the XDG cache folder."""
    if folder := os.environ.get("ANJU_CACHE"):
        return Path(folder)
    if folder := os.environ.get("CACHE_DIRECTORY"):
        return Path(folder.partition(":")[0]) / "models"
    if folder := os.environ.get("ANJU_DATA"):
        return Path(folder) / "cache" / "models"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anju" / "models"


def _write_cache(file: Path, content: bytes) -> None:
    """Write atomically, because two workers may convert the same model at once."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=file.stem, suffix=".new", delete=False) as new:
        new.write(content)
    Path(new.name).replace(file)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
