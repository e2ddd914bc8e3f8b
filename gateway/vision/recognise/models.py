"""Where the wheels keep their models, and how they are loaded: one thread, no spinning.

Packages are located without importing them: RapidOCR's and face_recognition_models' own
start-up (logging, `pkg_resources`) is of no use here.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import onnxruntime

from gateway.errors import ConfigError, Mistake


def model_file(package: str, pattern: str) -> Path:
    """The newest model of `package` whose file name matches `pattern`."""
    spec = find_spec(package)
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else Path(package)
    found = sorted(folder.glob(pattern))
    if not found:
        raise ConfigError([Mistake(folder, 0, f"no model {pattern} here", f"install {package} again")])
    return found[-1]


def load(path: Path) -> onnxruntime.InferenceSession:
    """A session of its own for the thread that asks; the caller's thread does the work."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
