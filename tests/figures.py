"""`python -m tests.figures [FOLDER…]`: sizes, docstrings, comments, excepts and names, of this code and of others'.

Without FOLDER it measures gateway/, drivers/ and rules/ of this checkout. Give it the checkouts of other projects
(`python -m tests.figures ../xknx/xknx ../httpx/httpx`) to have them as further columns. It judges nothing.
"""

from __future__ import annotations

import ast
import io
import statistics
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
OURS = ("gateway", "drivers", "rules")
SKIPPED = {"node_modules", "__pycache__", "dist", "tests", "test"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class Figures:
    """What was counted in the Python files of one project."""

    files: list[int] = field(default_factory=list)
    """Lines of each file."""
    functions: list[int] = field(default_factory=list)
    """Lines of each function and method, from its `def` to its end, without its docstring."""
    public: Counter[str] = field(default_factory=Counter)
    """Public modules, classes, functions and methods."""
    documented: Counter[str] = field(default_factory=Counter)
    """Those of `public` that have a docstring."""
    lines: int = 0
    """Lines that are neither blank, comment nor docstring."""
    comments: int = 0
    """Comments, beside code or on a line of their own; `# noqa` and `# type:` are not counted."""
    excepts: int = 0
    broad: int = 0
    """`except Exception`, `except BaseException` and bare `except`."""
    classes: Counter[str] = field(default_factory=Counter)

    def add(self, file: Path) -> None:
        """Count one file. A file that is no Python of this version is left out."""
        text = file.read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return
        self.files.append(text.count("\n"))
        self._documents("modules", tree)
        docstrings = 0
        for node, is_public in _definitions(tree):
            docstrings += _docstring_lines(node)
            if isinstance(node, ast.ClassDef):
                self.classes[node.name] += 1
            else:
                self.functions.append((node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node))
            if is_public:
                self._documents("classes" if isinstance(node, ast.ClassDef) else "functions", node)
        self._excepts(tree)
        self._lines(text, docstrings + _docstring_lines(tree))

    def _documents(self, what: str, node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.public[what] += 1
        self.documented[what] += ast.get_docstring(node) is not None

    def _excepts(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                self.excepts += 1
                self.broad += node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")

    def _lines(self, text: str, docstrings: int) -> None:
        code = sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))
        self.lines += code - docstrings
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and not token.string.startswith(("# noqa", "# type:", "#!", "# pragma")):
                self.comments += 1

    def rows(self) -> Iterator[tuple[str, str]]:
        """Each figure's name and value, in the order of the table."""
        yield "files", str(len(self.files))
        yield "lines of a file: median, 90 %, most", _spread(self.files)
        yield "files over 200 lines", _share(sum(size > 200 for size in self.files), len(self.files))
        yield "functions and methods", str(len(self.functions))
        yield "lines of a function: median, 90 %, most", _spread(self.functions)
        yield "functions over 25 lines", _share(sum(size > 25 for size in self.functions), len(self.functions))
        for what in ("modules", "classes", "functions"):
            yield f"public {what} with a docstring", _share(self.documented[what], self.public[what])
        yield "comments per line of code", _share(self.comments, self.lines)
        yield "excepts, of which broad", f"{self.excepts}, {self.broad}"
        shared = [count for name, count in self.classes.items() if count > 1 and not name.startswith("_")]
        yield "class names used more than once", f"{len(shared)} (most: {max(shared, default=1)} times)"


def _definitions(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    """Every class and function with whether it is public: no name on the way to it begins with `_`."""

    def inside(node: ast.AST, is_public: bool, in_function: bool) -> Iterator[tuple[ast.AST, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.ClassDef, *FUNCTIONS)):
                open_name = is_public and not in_function and not child.name.startswith("_")
                yield child, open_name
                yield from inside(child, open_name, in_function or isinstance(child, FUNCTIONS))
            else:
                yield from inside(child, is_public, in_function)

    yield from inside(tree, True, False)  # type: ignore[misc]


def _docstring_lines(node: ast.AST) -> int:
    body = getattr(node, "body", None)
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return (first.end_lineno or first.lineno) - first.lineno + 1
    return 0


def _spread(sizes: Sequence[int]) -> str:
    if len(sizes) < 2:
        return ", ".join(map(str, sizes))
    return f"{statistics.median(sizes):.0f}, {statistics.quantiles(sizes, n=10)[-1]:.0f}, {max(sizes)}"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "–"


def measured(folders: Sequence[Path]) -> Figures:
    """The figures of all Python files below `folders`, tests left out."""
    figures = Figures()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            if not SKIPPED & set(file.relative_to(folder).parts):
                figures.add(file)
    return figures


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folders: Sequence[Path]) -> None:
    """Print the figures of this checkout, and of FOLDERS beside them."""
    columns = {"anju": measured([ROOT / name for name in OURS])} | {f.name: measured([f]) for f in folders}
    table = Table("figure", *columns, title="The code in figures")
    for row in zip(*(figures.rows() for figures in columns.values()), strict=True):
        table.add_row(row[0][0], *(value for _, value in row))
    Console(width=None if Console().is_terminal else 140).print(table)


if __name__ == "__main__":
    main()
