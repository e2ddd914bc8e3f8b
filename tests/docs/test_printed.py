"""The guards' page fits on one sheet of A4."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.docs.generated import DOCS
from tests.support.chromium import ARGUMENTS
from tests.support.parts import executable


@pytest.mark.needs("chromium", "chromium")
def test_the_guards_page_is_one_sheet(tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = browser.new_page()
        page.goto((DOCS / "guard.zh.html").as_uri())
        printed = page.pdf(prefer_css_page_size=True)
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2, "its two sides"
