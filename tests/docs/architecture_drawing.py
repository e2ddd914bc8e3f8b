"""docs/architecture.svg, made of the table of allowed imports in tests/test_architecture.py.

A box is a package, a band is a layer, an arrow goes from the importer to what it imports. Left out are arrows to
the vocabulary (layer 0), and arrows that a longer way through other packages shows already.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from tests.test_architecture import ARROWS, BASE, LAYER, LAYERS

PURPOSE = {
    "gateway": "the version",
    "model": "signal, alert, place",
    "masking": "secrets out of logs",
    "clock": "rule time",
    "errors": "what is raised",
    "logs": "one line an event",
    "limits": "quotas, rate limits",
    "tasks": "owned tasks",
    "backoff": "delays between attempts",
    "sha256": "hashes of files",
    "driver": "contract of drivers",
    "rule": "contract of rules",
    "notifier": "contract of channels",
    "settings": "durations, secrets, …",
    "links": "bytes in and out",
    "protocols": "bytes ↔ frames",
    "vision": "pictures → sightings",
    "store": "SQLite, journal",
    "drivers": "one file a device kind",
    "rules": "one file a rule kind",
    "notifiers": "one file a channel",
    "config": "YAML → settings",
    "auth": "accounts, sessions",
    "desk": "life of an alert",
    "figures": "counts, times, budget",
    "history": "search, timelines",
    "plan": "drawings and positions",
    "patrol": "rounds past checkpoints, the duty log",
    "people": "residents, vehicles",
    "access": "who may pass",
    "handover": "shifts, signatures",
    "door_plate": "scans, reports, visits",
    "recording": "clips, exports",
    "notify": "messages out",
    "residents": "residents' phones",
    "passes": "visitors' passes",
    "homes": "alarms at home",
    "care": "signs of life",
    "privacy": "consent, deletion",
    "cases": "matters to close",
    "uplink": "to a centre",
    "flow": "intake, rule engine",
    "web": "API and pages",
    "console": "the guard room's app",
    "centre": "town and city centre",
    "app": "puts it all together",
    "cli": "the anju command",
    "simulator": "twins of devices",
    "testing": "test kit",
}
"""A few words for each box. A package that is missing here makes the drawing fail: add it."""

WIDTH, BAND, GAP = 1320, 74, 58
BOX_W, BOX_H, LEFT = 138, 48, 132
LAYER_NAMES = {0: "vocabulary", 1: "contracts", 2: "infrastructure", 3: "plug-ins, YAML", 4: "domain", 5: "screens"}
TOP_NAME = "wiring"
ATTRIBUTES = (
    'font-family="Helvetica, Arial, sans-serif" role="img"'
    ' aria-label="The packages of Anju by layer, and which imports which"'
)
MARKER = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#5b6b7b"/></marker></defs>'
)
TINTS = ("#eef2f6", "#e8f1ee", "#f4efe4", "#f1ebf4", "#e7f0f6", "#f6ece9", "#eeeeee")


def arrows() -> Mapping[str, set[str]]:
    """Who imports whom, without the vocabulary and without what follows from longer ways."""
    direct = {package: {other for other in others if LAYER[other]} for package, others in ARROWS.items()}
    return {
        package: {other for other in others if not any(other in reach(direct, between) for between in others - {other})}
        for package, others in direct.items()
    }


def reach(direct: Mapping[str, set[str]], start: str) -> set[str]:
    """What a package comes to by one import or by several."""
    found: set[str] = set()
    waiting = list(direct[start])
    while waiting:
        package = waiting.pop()
        if package not in found:
            found.add(package)
            waiting += direct[package]
    return found


def drawing() -> str:
    """The SVG."""
    places = _places()
    height = len(LAYERS) * (BAND + GAP) - GAP + 64
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {ATTRIBUTES}>',
        "<!-- Made by `make docs` from the table in tests/test_architecture.py -->",
        MARKER,
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    parts += [_band(number) for number in range(len(LAYERS))]
    parts += [
        _arrow(places[package], places[other])
        for package, others in sorted(arrows().items())
        for other in sorted(others)
    ]
    parts += [_box(package, *places[package]) for package in sorted(places)]
    note = (
        "An arrow goes from a package to one that it imports. Arrows to layer 0 are left out, and those that a longer"
        " way shows already."
    )
    parts.append(f'<text x="20" y="{height - 18}" font-size="14" fill="#44525f">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _top(number: int) -> int:
    return 14 + (len(LAYERS) - 1 - number) * (BAND + GAP)


def _places() -> Mapping[str, tuple[float, float]]:
    """The upper left corner of every box. Boxes of a layer stand near what they import, which keeps arrows short."""
    centres: dict[str, float] = {}
    found: dict[str, tuple[float, float]] = {}
    direct = arrows()
    for number, layer in enumerate(LAYERS):

        def wish(package: str) -> float:
            below = [centres[other] for other in direct[package] if other in centres]
            return sum(below) / len(below) if below else WIDTH / 2

        names = sorted(layer, key=lambda package: (wish(package), package))
        step = (WIDTH - LEFT - 16) / len(names)
        for position, package in enumerate(names):
            centres[package] = LEFT + step * (position + 0.5)
            found[package] = centres[package] - BOX_W / 2, _top(number) + (BAND - BOX_H) / 2
    return found


def _band(number: int) -> str:
    top = _top(number)
    name = TOP_NAME if number == len(LAYERS) - 1 else LAYER_NAMES.get(number, "")
    return (
        f'<rect x="8" y="{top}" width="{WIDTH - 16}" height="{BAND}" rx="8" fill="{TINTS[number % len(TINTS)]}"/>'
        f'<text x="20" y="{top + BAND / 2 - 3}" font-size="15" font-weight="bold" fill="#2b3a47">{number}</text>'
        f'<text x="20" y="{top + BAND / 2 + 16}" font-size="13" fill="#44525f">{escape(name)}</text>'
    )


def _box(package: str, x: float, y: float) -> str:
    middle = x + BOX_W / 2
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX_W}" height="{BOX_H}" rx="6" fill="#ffffff" stroke="#5b6b7b"/>'
        f'<text x="{middle:.0f}" y="{y + 20:.0f}" font-size="15" font-weight="bold" text-anchor="middle"'
        f' fill="#1b2733">{escape(package)}</text>'
        f'<text x="{middle:.0f}" y="{y + 37:.0f}" font-size="11.5" text-anchor="middle"'
        f' fill="#44525f">{escape(PURPOSE[package])}</text>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    x, y = start[0] + BOX_W / 2, start[1] + BOX_H
    to_x, to_y = end[0] + BOX_W / 2, end[1] - 2
    if abs(start[1] - end[1]) < 1:  # within one layer: from side to side, or in a bow below what stands between
        return _sideways(start, end)
    bend = max(30.0, (to_y - y) * 0.45)
    path = f"M{x:.0f} {y:.0f}C{x:.0f} {y + bend:.0f} {to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y:.0f}"
    return f'<path d="{path}" fill="none" stroke="#8796a5" stroke-width="1.3" marker-end="url(#tip)"/>'


def _sideways(start: tuple[float, float], end: tuple[float, float]) -> str:
    x, to_x, y = start[0] + BOX_W / 2, end[0] + BOX_W / 2, start[1] + BOX_H
    way = 1 if to_x > x else -1
    x, to_x = x + way * 20, to_x - way * 20
    path = f"M{x:.0f} {y:.0f}C{x:.0f} {y + 34:.0f} {to_x:.0f} {y + 34:.0f} {to_x:.0f} {y + 2:.0f}"
    return f'<path d="{path}" fill="none" stroke="#8796a5" stroke-width="1.3" marker-end="url(#tip)"/>'


def rows() -> str:
    """The same as a table: each package, its layer, what it is for and what it may import."""
    lines = ["| layer | package | for | may import, besides what all may |", "|---|---|---|---|"]
    for package in sorted(ARROWS, key=lambda name: (-LAYER[name], name)):
        others = " ".join(f"`{other}`" for other in sorted(ARROWS[package] - BASE))
        lines.append(f"| {LAYER[package]} | `{package}` | {PURPOSE[package]} | {others} |")
    return "\n".join(lines) + "\n"
