"""Refuses an SVG drawing that could do more than show lines: scripts, references to other files, entities.

The file is refused and not cleaned: what the browser gets is what the installer sees on disk.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from gateway.settings.mend import Wrong

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_XHTML = "http://www.w3.org/1999/xhtml"
_ALLOWED = frozenset(
    """svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textPath title desc metadata
    style linearGradient radialGradient stop clipPath mask pattern marker image switch view a filter feBlend
    feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight
    feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset
    fePointLight feSpecularLighting feSpotLight feTile feTurbulence""".split()
)
_MAX_DEPTH = 200
_MAX_ELEMENTS = 200_000
_URL = re.compile(r"url\(\s*['\"]?\s*(?!#|['\"]?\s*#)", re.IGNORECASE)
_LOADS = re.compile(r"@import|image-set\s*\(|\bsrc\s*\(", re.IGNORECASE)
_LENGTH = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(px|mm|cm|in|pt|pc)?\s*")
_PX = {None: 1.0, "": 1.0, "px": 1.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "pt": 96 / 72, "pc": 16.0}
_EXPORT = "export it as plain SVG (in Inkscape: 'Plain SVG')"


def check_svg(data: bytes, name: str) -> tuple[float, float]:
    """Its width and height in pixels. Raises Wrong for what is no SVG or must not be shown."""
    checker = _Checker(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = checker.start
    parser.EndElementHandler = checker.end
    parser.CharacterDataHandler = checker.text
    parser.StartDoctypeDeclHandler = checker.doctype
    parser.EntityDeclHandler = checker.entity
    parser.ProcessingInstructionHandler = checker.instruction
    checker.parser = parser
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = f"file {name!r} is no SVG: line {error.lineno}, {expat.ErrorString(error.code)}"
        raise Wrong(what, _EXPORT) from None
    return checker.size()


class _Checker:
    """Expat's callbacks; each raises Wrong for what is refused."""

    parser: expat.XMLParserType

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._elements = 0
        self._in_style = False
        self._style: list[str] = []
        self._root: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, element = tag.rpartition(" ")
        self._depth += 1
        self._elements += 1
        if self._depth == 1:
            if (namespace, element) != (SVG_NAMESPACE, "svg"):
                self._refuse(f"<{element}> where <svg> belongs", _EXPORT)
            self._root = attributes
        if self._depth > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            self._refuse("too many elements", "simplify the drawing; leave out layers that nobody needs")
        if namespace in {SVG_NAMESPACE, _XHTML, ""} and (namespace != SVG_NAMESPACE or element not in _ALLOWED):
            self._refuse(f"<{element}>, which is not allowed in a drawing", f"remove it, or {_EXPORT}")
        self._in_style = namespace == SVG_NAMESPACE and element == "style"
        for key, value in attributes.items():
            self._attribute(key.rpartition(" ")[2], value)

    def end(self, _tag: str) -> None:
        self._depth -= 1
        if self._in_style:
            self._check_css("".join(self._style))
            self._in_style, self._style = False, []

    def text(self, text: str) -> None:
        if self._in_style:
            self._style.append(text)

    def doctype(self, _name: str, _system: str | None, _public: str | None, has_internal_subset: int) -> None:
        if has_internal_subset:
            self._refuse("a DOCTYPE with declarations of its own", f"remove it, or {_EXPORT}")

    def entity(self, name: str, *_rest: object) -> None:
        self._refuse(f"the entity {name!r}", f"remove it, or {_EXPORT}")

    def instruction(self, target: str, _data: str) -> None:
        self._refuse(f"<?{target} …?>", f"remove it, or {_EXPORT}")

    def size(self) -> tuple[float, float]:
        """From width and height, else from the viewBox."""
        box = re.split(r"[\s,]+", self._root.get("viewBox", "").strip())
        numbers = [float(part) for part in box] if len(box) == 4 and all(map(_is_number, box)) else None
        if numbers is not None and numbers[2] > 0 and numbers[3] > 0:
            return numbers[2], numbers[3]
        sides = [_pixels(self._root.get(side, "")) for side in ("width", "height")]
        if not (sides[0] and sides[1]):
            self._refuse("no size", "give <svg> a viewBox, such as viewBox='0 0 1600 1000'", line=False)
        return sides[0] or 1.0, sides[1] or 1.0

    def _attribute(self, key: str, value: str) -> None:
        if key.lower().startswith("on"):
            self._refuse(f"the script {key}=…", f"remove it, or {_EXPORT}")
        if key in {"href", "src"} and not re.match(r"\s*(#|data:image/(png|jpeg);base64,)", value):
            mend = "embed the picture into the file (PNG or JPEG), and remove links"
            self._refuse(f"a reference to {value[:60]!r}", mend)
        if key != "href":
            self._check_css(value)

    def _check_css(self, text: str) -> None:
        if "\\" in text and re.search(r"\\[0-9a-fA-F]", text):
            self._refuse("an escaped character in a style", "write it plainly")
        if _LOADS.search(text) or _URL.search(text):
            self._refuse("a style that loads another file", "remove the url(…) or @import")

    def _refuse(self, what: str, mend: str, *, line: bool = True) -> None:
        where = f", line {self.parser.CurrentLineNumber}," if line else ""
        raise Wrong(f"file {self._name!r}{where} has {what}", mend)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text) is not None


def _pixels(text: str) -> float | None:
    found = _LENGTH.fullmatch(text)
    return float(found[1]) * _PX[found[2]] if found and _is_number(found[1]) else None
