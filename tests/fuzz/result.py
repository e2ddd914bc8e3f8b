"""What became of a run, and how a failure is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """`chunks` make it happen again on a fresh decoder; where they do not, only the whole run with its seed does."""

    why: str
    chunks: Sequence[bytes] = ()
    trace: str = ""

    def told(self, name: str, seed: int) -> str:
        lines = [f"{name} (seed {seed}): {self.why}"]
        if self.chunks:
            lines.append(f"again: python -m tests.fuzz {name} --replay '{spelled(self.chunks)}'")
        else:
            lines.append(f"again: python -m tests.fuzz {name} --seed {seed} with as many bytes as now")
        return "\n".join([*lines, self.trace.rstrip()])


def spelled(chunks: Sequence[bytes]) -> str:
    """Chunks as hexadecimal digits, a comma between; an empty one is a silence."""
    return ",".join(chunk.hex() for chunk in chunks)


@dataclass(slots=True)
class Result:
    """`seconds` and `worst_s` are of the processor's time, so that whoever else runs here does not count."""

    name: str
    bytes: int = 0
    seconds: float = 0.0
    worst_s: float = 0.0
    held: int = 0
    grown: int = 0
    blocks: int = 0
    refused: int = 0
    failure: Failure | None = None
