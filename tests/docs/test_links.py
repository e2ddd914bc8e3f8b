"""Every link of README, CONTRIBUTING and docs leads to a file that is there, and to a heading in it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.blocks import PAGES, ROOT, without_blocks

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<((?:https?|mailto):[^>]+)>")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def links(page: Path) -> list[str]:
    return [found[1] or found[2] for found in LINK.finditer(without_blocks(page.read_text(encoding="utf-8")))]


@cache
def anchors(page: Path) -> frozenset[str]:
    """What GitHub makes of the headings, and anchors that are written out."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(
        r"^#{1,6} +(.+?) *$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    found: list[str] = []
    for heading in headings:
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        before = sum(1 for other in found if other == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", other))
        found.append(f"{slug}-{before}" if before else slug)
    return frozenset(found) | frozenset(re.findall(r'<a id="([^"]+)">', text))


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        if re.match(r"https?:|mailto:", link):
            continue  # tests need no network
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if not target.exists():
            wrong.append(f"{link}: there is no such file")
        elif anchor and target.suffix == ".md" and unquote(anchor) not in anchors(target):
            wrong.append(f"{link}: {target.name} has no such heading")
    assert not wrong, "\n".join(wrong)


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = (
            (page.parent / unquote(link.partition("#")[0])).resolve() for link in links(page) if "://" not in link
        )
        waiting += [target for target in targets if target.suffix == ".md" and target.exists()]
    assert set(PAGES) <= seen


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8").count("\n") <= 150


@each_page
def test_named_files_are_there(page: Path) -> None:
    """Paths in code spans, such as `gateway/flow/pipeline.py`; `drivers/<kind>.py` and globs are none."""
    spans = re.findall(r"`((?:gateway|drivers|rules|tests|config|systemd|docs)/[\w./-]*)`", page.read_text("utf-8"))
    missing = [span for span in spans if not (ROOT / span).exists() and not (ROOT / f"{span}.py").exists()]
    assert not missing, f"{page.name} names files that are not there: {missing}"


def test_files_named_in_the_yaml_are_there() -> None:
    files = sorted((ROOT / "config").rglob("*.yaml"))
    named = {
        (file.name, path)
        for file in files
        for path in re.findall(r"(?:gateway|docs)/[\w/-]+\.\w+", file.read_text("utf-8"))
    }
    assert not [(file, path) for file, path in named if not (ROOT / path).exists()]


def test_named_make_targets_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))}
    named |= {
        name
        for page in PAGES
        for name in re.findall(r"^make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named <= targets


def test_named_figures_are_there() -> None:
    """Names of /metrics: those of counters end in `_total` there."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "gateway").rglob("metrics.py"))
    named = {name.removesuffix("_total") for name in re.findall(r"`(anju_[a-z_]+)`", pages)}
    assert named <= set(re.findall(r'"(anju_[a-z_]+)"', code))
