"""Tokens nobody guesses, and codes on paper that a phone reads."""

from __future__ import annotations

import base64
import io
import re
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import async_playwright
from pydantic import ValidationError

from gateway.config.residents import DoorPlateSection
from gateway.door_plate.plate_layout import PlateLayout
from gateway.door_plate.sheets import Heading, PrintedDoorPlate, door_plate_sheets, page_count, qr_code
from gateway.people import DoorPlates
from gateway.store import Store
from tests.support.parts import executable

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BATCHES = ("none", "building", "unit")
ROOMS = ["b3/u1/1501", "b3/u1/1502"]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


async def test_a_token_leads_to_its_room_until_it_is_revoked(tmp_path):
    async with Store.open(tmp_path) as store:
        plates = DoorPlates(store)
        one, two = await plates.issue(ROOMS, NOW)
        assert await plates.place(one.token) == "b3/u1/1501"
        assert await plates.place(two.token) == "b3/u1/1502"
        assert await plates.revoke(["b3/u1/1501"], NOW) == 1
        assert await plates.revoke(["b3/u1/1501"], NOW) == 0
        assert await plates.place(one.token) is None
        assert await plates.place(two.token) == "b3/u1/1502"
        assert await plates.issued() == ["b3/u1/1502"]


async def test_printing_again_gives_the_same_code_and_reissuing_another(tmp_path):
    async with Store.open(tmp_path) as store:
        plates = DoorPlates(store)
        first = await plates.issue(ROOMS, NOW)
        assert await plates.issue(ROOMS, NOW) == first
        await plates.revoke(ROOMS[:1], NOW)
        again = await plates.issue(ROOMS, NOW)
    assert again[0].token != first[0].token
    assert again[1] == first[1]


async def test_a_token_can_not_be_guessed_forged_or_read_from_the_store(tmp_path):
    async with Store.open(tmp_path) as store:
        plates = DoorPlates(store)
        [one] = await plates.issue(ROOMS[:1], NOW)
        data = base64.urlsafe_b64decode(one.token)
        assert len(data) == 24
        for position in range(24):
            changed = bytes(byte ^ (1 if index == position else 0) for index, byte in enumerate(data))
            assert await plates.place(base64.urlsafe_b64encode(changed).decode()) is None
        for wrong in ("", "A", "=" * 32, "中文", one.token + "A", one.token[:-1], one.token + "==", " " + one.token):
            assert await plates.place(wrong) is None
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("anju.db*"))
    assert data[:12] not in everything
    assert one.token.encode() not in everything


async def test_another_gateways_token_is_none_of_ours(tmp_path):
    async with Store.open(tmp_path / "a") as ours, Store.open(tmp_path / "b") as theirs:
        [one] = await DoorPlates(theirs).issue(ROOMS[:1], NOW)
        assert await DoorPlates(ours).place(one.token) is None


def document(count: int) -> str:
    plates = [
        PrintedDoorPlate(f"3号楼1单元{1500 + n}室", f"https://anju.example/d/{'abcdefgh' * 4}{n:02d}"[:60])
        for n in range(count)
    ]
    return door_plate_sheets(plates, Heading("西子御园", "0523-8320 1234"))


def test_eight_a_page():
    assert [document(count).count('class="page"') for count in (1, 8, 9, 17)] == [1, 1, 2, 3]


def test_every_code_is_large_enough_and_of_correction_q():
    for length in (30, 55, 80, 120):
        svg = qr_code("https://anju.example/d/" + "x" * length, PlateLayout().code)
        side = float(re.search(r'viewBox="0 0 (\d+)', svg)[1])
        width = float(re.search(r"width=\"([\d.]+)mm", svg)[1])
        assert width * (side - 8) / side >= 35
        assert width < 48, "it fits its plate"


def test_names_are_text_and_never_markup():
    made = door_plate_sheets(
        [PrintedDoorPlate("<img src=x>", "https://anju.example/d/x")], Heading("<b>园</b>", "<i>1</i>", "<u>路</u>")
    )
    for markup in ("<img", "<b>园", "<i>1", "<u>路"):
        assert markup not in made


@pytest.mark.needs("chromium", "chromium")
async def test_a_printed_sheet_is_one_a4_page_whose_codes_a_phone_reads(tmp_path):
    file = tmp_path / "plates.html"
    file.write_text(document(11), encoding="utf-8")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 794, "height": 1123}, device_scale_factor=2)
        await page.goto(file.as_uri())
        pdf = await page.pdf(prefer_css_page_size=True, print_background=True)
        await page.emulate_media(media="print")
        picture = await page.locator(".page").first.screenshot()
        codes = await page.locator(".code svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
        wide = await page.locator(".words").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
        )
        await browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}
    assert wide == 0
    assert min(codes) * 25.4 / 96 > 40
    with Image.open(io.BytesIO(picture)) as image:
        found = zxingcpp.read_barcodes(image.convert("L"))
    assert {code.text for code in found} == {f"https://anju.example/d/{'abcdefgh' * 4}{n:02d}"[:60] for n in range(8)}
    assert {code.ec_level for code in found} == {"Q"}


def test_sizes_bleed_and_columns():
    assert PlateLayout.of(DoorPlateSection()) == PlateLayout(95, 69, 0, 2)
    card = PlateLayout.of(DoorPlateSection(size={"width": 85, "height": 54}, bleed=3))
    assert (card.columns, card.rows, card.per_page, card.pages(9)) == (2, 4, 8, 2)
    assert PlateLayout.of(DoorPlateSection(size={"width": 90, "height": 130}, columns=1)).upright
    with pytest.raises(ValidationError, match="wider than an A4 page, use at most 1"):
        DoorPlateSection(columns=2, bleed=1)
    with pytest.raises(ValidationError):
        DoorPlateSection(size={"width": 40, "height": 30})


def test_batches_begin_on_a_page_of_their_own():
    rooms = [f"b{b}/u{u}/{n}" for b in (1, 2) for u in (1, 2) for n in range(101, 106)]
    plates = [PrintedDoorPlate(room, f"https://anju.example/d/{room}", room) for room in rooms]
    heading = Heading("西子御园", made="2026-11-30")
    pages = {by: door_plate_sheets(plates, heading, batches=by).count('class="page"') for by in BATCHES}
    assert pages == {"none": 3, "building": 4, "unit": 4}
    assert pages == {by: page_count(plates, PlateLayout(), by) for by in BATCHES}
    assert "西子御园 · b2/u1 · 5 块 · 第 1/1 页 · 2026-11-30" in door_plate_sheets(plates, heading, batches="unit")


SIZES = [PlateLayout(), PlateLayout(85, 54, 3, 2), PlateLayout(70, 45, 0, 2), PlateLayout(90, 130, 2, 2)]


def spoilt(picture: bytes) -> np.ndarray:
    """As a phone sees a plate: from the side, turned, out of focus, a shadow across it, and noisy."""
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    height, width = image.shape
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    seen = np.float32([[0.16, 0.10], [0.92, 0.02], [0.86, 0.97], [0.05, 0.84]]) * (width, height)
    warp = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    image = cv2.warpPerspective(image, warp, (width, height), borderValue=150)
    image = cv2.GaussianBlur(image, (0, 0), 2.0)
    shade = np.linspace(0.35, 1.0, width)[None, :] * np.where(np.arange(height) > height * 0.55, 0.6, 1.0)[:, None]
    noisy = image * shade + np.random.default_rng(11).normal(0, 6, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


async def printed() -> dict[PlateLayout, bytes]:
    """The first page of each size as Chromium prints it, 11 pixels a millimetre: a phone's at arm's length."""
    text = "https://anju.example/d/" + "abcdefgh" * 4
    plates = [PrintedDoorPlate("3号楼1单元1502室", text, "b3/u1/1502")]
    heading, found = Heading("西子御园", "0523-8320 1234", "江苏省泰州市海陵区春风路8号"), {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 794, "height": 1123}, device_scale_factor=3)
        await page.emulate_media(media="print")
        for layout in SIZES:
            await page.set_content(door_plate_sheets(plates, heading, layout))
            cut = await page.locator(".words").evaluate_all(
                "all => all.filter(e => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight).length"
            )
            assert cut == 0, f"the words of {layout} do not fit"
            found[layout] = await page.locator(".plate").first.screenshot()
        await browser.close()
    return found


@pytest.mark.needs("chromium", "chromium")
async def test_a_printed_plate_is_read_askew_blurred_and_in_the_shade():
    for layout, picture in (await printed()).items():
        assert 30 <= layout.code <= min(layout.width, layout.height), layout
        read = [code.text for code in zxingcpp.read_barcodes(spoilt(picture))]
        assert read == ["https://anju.example/d/" + "abcdefgh" * 4], layout
