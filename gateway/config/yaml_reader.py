"""Reads one YAML file into plain values with the line of every key and value, and notes mistakes of the syntax.

YAML 1.2: `on` and `yes` are words, not booleans. The values are built from ruamel.yaml's node graph, where each node
has its line. Merges (`<<`) and anchors work; the only tag is `!secret`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.config.document import Document, Mark
from gateway.config.odd_characters import find_odd_punctuation, find_odd_space, find_odd_space_in_key
from gateway.errors import Mistake
from gateway.settings.mend import Loc, Wrong
from gateway.settings.secrets import Secrets

_CORE = "tag:yaml.org,2002:"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MAX_NODES = 200_000
_MAX_BYTES = 16 * 1024 * 1024


def read_yaml(path: Path, display_path: Path, secrets: Secrets) -> Document:
    """Read one file; never raises for its content. Mistakes name it as `display_path`."""
    document = Document(display_path)
    try:
        data = path.read_bytes()
    except OSError as error:
        document.reject(1, f"can't be read ({error.strerror})", "put the file there and let the daemon's user read it")
        return document
    if len(data) > _MAX_BYTES:
        document.reject(1, f"is {len(data)} bytes long", "split it or generate less; 16 MB is the most")
        return document
    try:
        document.text = data.decode("utf-8-sig")  # Notepad on Windows writes a byte order mark
    except UnicodeDecodeError as error:
        document.reject(data.count(b"\n", 0, error.start) + 1, "is not UTF-8", "save the file as UTF-8")
        return document
    _Reader(document, secrets).read()
    return document


class _Reader:
    """Walks the node graph once and adds marks and mistakes to the document."""

    def __init__(self, document: Document, secrets: Secrets) -> None:
        self._document = document
        self._secrets = secrets
        self._yaml = YAML(typ="safe", pure=True)
        self._open: list[Node] = []
        self._nodes = 0

    def read(self) -> None:
        document = self._document
        try:
            root = self._yaml.compose(document.text)
            document.tree = {} if root is None else self._value(root, ())
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            problem = _syntax(error.problem or "can't be parsed")
            odd = find_odd_space(document.text, line)
            if not odd and "：" not in problem[1]:
                odd = find_odd_punctuation(document.text, line)
            document.reject(*odd or (line, *problem))
        except YAMLError as error:
            line = document.text.count("\n", 0, getattr(error, "position", 0)) + 1
            document.reject(line, *_syntax(getattr(error, "reason", None) or "can't be parsed"))
        except RecursionError:  # ruamel.yaml and _value recurse for each level
            document.reject(1, "is nested too deeply", "take the innermost brackets out")
        except Wrong as wrong:
            document.reject(1, wrong.what, wrong.mend)
        if document.tree is not None and not isinstance(document.tree, dict):
            document.reject(document.mark(()).line, "holds no keys", "begin with 'key: value' lines")

    def _value(self, node: Node, loc: Loc, key_line: int | None = None) -> Any:
        text = node.value if isinstance(node, ScalarNode) else ""
        is_empty = isinstance(node, ScalarNode) and not text  # ruamel.yaml marks it at the next token
        line = key_line if is_empty and key_line else _line(node)
        self._document.marks[loc] = Mark(key_line or line, line, text, _span(node))
        self._nodes += 1
        # Nested aliases can grow exponentially ("billion laughs"), and an alias inside its own anchor without end.
        if self._nodes > _MAX_NODES or any(node is outer for outer in self._open):
            raise Wrong("grows without end because of its anchors (&, *)", "write these parts out")
        self._open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, loc)
            if isinstance(node, SequenceNode):
                return [self._value(item, (*loc, index)) for index, item in enumerate(node.value)]
            assert isinstance(node, ScalarNode)
            return self._scalar(node, loc)
        finally:
            self._open.pop()

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key, value in self._pairs(node, loc):
            line = key.start_mark.line + 1
            if key.value in first:
                where = f"line {first[key.value]} has it already"
                self._note(line, f"key {key.value!r} is there twice", f"keep one ({where})")
                continue
            first[key.value] = line
            values[key.value] = self._value(value, (*loc, key.value), line)
        # Merged keys come last, so that the mapping's own ones override them.
        for merged in self._merged(node, loc):
            for key, value in self._pairs(merged, loc):
                if key.value not in values:
                    values[key.value] = self._value(value, (*loc, key.value), key.start_mark.line + 1)
        return values

    def _pairs(self, node: MappingNode, loc: Loc) -> Iterator[tuple[ScalarNode, Node]]:
        for key, value in node.value:
            if _is_merge(key):
                continue
            if isinstance(key, ScalarNode) and key.value and not _UNPRINTABLE.search(key.value):
                if odd := find_odd_space_in_key(key.value):
                    self._note(_line(key), *odd)
                    self._document.broken.add(loc)
                else:
                    yield key, value
            else:
                self._note(_line(key), "a key is empty or no plain word", "write 'key: value'")
                self._document.broken.add(loc)

    def _merged(self, node: MappingNode, loc: Loc) -> Iterator[MappingNode]:
        for key, value in node.value:
            if not _is_merge(key):
                continue
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                if isinstance(source, MappingNode):
                    yield source
                else:
                    self._note(_line(key), "'<<' merges something without keys", "give it an anchor of a mapping")
                    self._document.broken.add(loc)

    def _scalar(self, node: ScalarNode, loc: Loc) -> Any:
        tag = str(node.tag or "")
        if tag == "!secret":
            return self._secret(node, loc)
        if _UNPRINTABLE.search(node.value):
            self._note(_line(node), "a character here can't be printed", "write the text without it")
            self._document.broken.add(loc)
            return None
        if tag.startswith("!"):
            self._note(_line(node), f"tag {tag!r} is unknown", "only '!secret NAME' may stand before a value")
            self._document.broken.add(loc)
            return None
        construct = getattr(self._yaml.constructor, f"construct_yaml_{tag.removeprefix(_CORE)}", None)
        if construct is None or not tag.endswith((":null", ":bool", ":int", ":float")):
            return node.value
        try:
            return construct(node)
        except (ConstructorError, ValueError):  # looks like a number and is none, such as 1_ or 0x: plain text
            return node.value

    def _secret(self, node: ScalarNode, loc: Loc) -> Any:
        try:
            secret = self._secrets.find(node.value)
        except Wrong as wrong:
            self._note(_line(node), wrong.what, wrong.mend)
            self._document.broken.add(loc)
            return None
        self._document.secrets[loc] = secret
        return secret

    def _note(self, line: int, what: str, mend: str) -> None:
        self._document.mistakes.append(Mistake(self._document.file, line, what, mend))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _span(node: Node) -> tuple[int, int] | None:
    return (node.start_mark.index, node.end_mark.index) if isinstance(node, ScalarNode) else None


def _is_merge(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.value == "<<" and str(key.tag).endswith(":merge")


def _syntax(problem: str) -> tuple[str, str]:
    if "\\t" in problem or "\t" in problem:
        return "a tab stands where the line is indented", "indent with spaces"
    if "could not find expected ':'" in problem:
        return "has no ': ' behind a key", "write 'key: value' here or one line before, the colon ':' and not '：'"
    if "found '<scalar>'" in problem:
        return "a quote is not closed, or opened twice", "check the quotes of this line and of those above"
    if "expected <block end>" in problem or "mapping values are not allowed" in problem:
        return f"is no YAML here ({problem})", "check the indentation of this line and the one before"
    return f"is no YAML here ({problem})", "check this line and the one before"
