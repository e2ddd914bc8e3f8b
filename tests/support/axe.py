"""axe-core in a page: what a screen reader or the keyboard can't use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "gateway/console/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_SERIOUS = {"serious", "critical"}


async def serious_findings(page: Page) -> list[str]:
    """One line a serious or critical finding: the rule, its help, and the elements."""
    # Evaluated by the debugger, which the page's Content-Security-Policy does not concern.
    await page.evaluate(SCRIPT.read_text("utf-8"))
    options = {"runOnly": {"type": "tag", "values": RULES}}
    result: dict[str, Any] = await page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{found['id']}: {found['help']}: {'; '.join(node['html'][:160] for node in found['nodes'][:5])}"
        for found in result["violations"]
        if found["impact"] in _SERIOUS
    ]
