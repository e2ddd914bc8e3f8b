"""Reads a table of cases for the doors, each with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.config.access.cases import CaseSection, CasesFile
from gateway.config.document import Document
from gateway.config.entries import validated
from gateway.config.load import display_path
from gateway.config.yaml_reader import read_yaml
from gateway.errors import ConfigError, Mistake
from gateway.settings.context import Context
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secrets


@dataclass(frozen=True, slots=True)
class LoadedCases:
    """`entries`: each case with its line."""

    document: Document
    entries: Sequence[tuple[int, CaseSection]]

    def reject(self, line: int, wrong: Wrong) -> None:
        """Note that the case on this line is no case."""
        self.document.mistakes.append(Mistake(self.document.file, line, wrong.what, wrong.mend))

    def raise_mistakes(self) -> None:
        """Raise ConfigError if there are mistakes."""
        if self.document.mistakes:
            raise ConfigError(sorted(self.document.mistakes))


def read_cases(path: Path) -> LoadedCases:
    """Read the file; raises ConfigError with every mistake."""
    shown = display_path(path)
    document = read_yaml(path, shown, Secrets(shown, {}))
    found = None
    if document.tree is not None:
        found = validated(document, CasesFile, document.tree, (), Context(path.parent))
    cases = found.cases if found is not None else ()
    loaded = LoadedCases(document, [(document.mark(("cases", number)).line, case) for number, case in enumerate(cases)])
    loaded.raise_mistakes()
    return loaded
