"""Tokens nobody guesses, and codes on paper that a phone reads."""

from __future__ import annotations

import base64
import io
import re
from datetime import UTC, datetime

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import async_playwright

from gateway.people import DoorPlates
from gateway.people.door_plate_sheets import PrintedDoorPlate, door_plate_sheets, qr_code
from gateway.store import Store
from tests.support.parts import executable

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
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
    return door_plate_sheets(plates, "西子御园", "0523-8320 1234")


def test_eight_a_page():
    assert [document(count).count('class="page"') for count in (1, 8, 9, 17)] == [1, 1, 2, 3]


def test_every_code_is_large_enough_and_of_correction_q():
    for length in (30, 55, 80, 120):
        svg = qr_code("https://anju.example/d/" + "x" * length)
        side = float(re.search(r'viewBox="0 0 (\d+)', svg)[1])
        width = float(re.search(r"width:([\d.]+)mm", svg)[1])
        assert width * (side - 8) / side >= 35
        assert width < 48, "it fits its plate"


def test_names_are_text_and_never_markup():
    made = door_plate_sheets([PrintedDoorPlate("<img src=x>", "https://anju.example/d/x")], "<b>园</b>", "<i>1</i>")
    for markup in ("<img", "<b>园", "<i>1"):
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
