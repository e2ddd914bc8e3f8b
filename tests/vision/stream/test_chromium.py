"""What a guard's browser makes of it: live through Media Source Extensions, and a clip as a file."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from gateway.vision.stream.fmp4.remux import Remuxer, mux_clip
from gateway.vision.stream.rtp.access_unit import AccessUnit
from tests.support.parts import executable
from tests.vision.stream.coded import encoded, packed, received

LIVE = """async ({codec, segments}) => {
    if (!MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`)) return "not supported";
    const video = document.body.appendChild(document.createElement("video"));
    video.muted = true;
    const source = new MediaSource();
    video.src = URL.createObjectURL(source);
    await new Promise((go) => source.addEventListener("sourceopen", go, {once: true}));
    const buffer = source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
    for (const segment of segments) {
        const done = new Promise((go, stop) => {
            buffer.addEventListener("updateend", go, {once: true});
            buffer.addEventListener("error", stop, {once: true});
        });
        buffer.appendBuffer(Uint8Array.from(atob(segment), (one) => one.charCodeAt(0)));
        await done;
    }
    await video.play();
    while (video.currentTime < 1.0) await new Promise((go) => setTimeout(go, 50));
    return [video.videoWidth, video.videoHeight, buffer.buffered.length, buffer.buffered.end(0), video.error];
}"""
FILE = """async (data) => {
    const video = document.body.appendChild(document.createElement("video"));
    video.muted = true;
    video.src = "data:video/mp4;base64," + data;
    await new Promise((go, stop) => { video.onloadeddata = go; video.onerror = () => stop(video.error.message); });
    const length = video.duration;
    video.currentTime = 1.5;
    await new Promise((go, stop) => { video.onseeked = go; video.onerror = () => stop(video.error.message); });
    await video.play();
    await new Promise((go) => { video.onended = go; });
    return [video.videoWidth, length, video.currentTime];
}"""

pytestmark = pytest.mark.needs("chromium", "chromium")


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable("chromium"), args=["--no-sandbox"])
        try:
            yield browser.new_page()
        finally:
            browser.close()


def units(*sizes: tuple[int, int], count: int = 50) -> list[AccessUnit]:
    pictures = [picture for size in sizes for picture in encoded("h264", count, size=size)]
    return received("h264", packed("h264", pictures))


def test_live_plays_without_a_gap(page: Page) -> None:
    remuxer = Remuxer()
    segments = [segment for unit in units((320, 192)) for segment in remuxer.push(unit)]
    told = {"codec": segments[0].codec, "segments": [base64.b64encode(one.data).decode() for one in segments]}
    assert page.evaluate(LIVE, told) == [320, 192, 1, pytest.approx(49 / 25, abs=0.01), None]


def test_live_goes_on_when_the_camera_changes_its_size(page: Page) -> None:
    remuxer = Remuxer()
    segments = [segment for unit in units((320, 192), (640, 352), count=13) for segment in remuxer.push(unit)]
    assert sum(segment.is_init for segment in segments) == 2
    told = {"codec": segments[0].codec, "segments": [base64.b64encode(one.data).decode() for one in segments]}
    assert page.evaluate(LIVE.replace("< 1.0", "< 0.9"), told) == [640, 352, 1, pytest.approx(1.0, abs=0.01), None]


def test_a_clip_plays_and_can_be_searched(page: Page) -> None:
    data = base64.b64encode(mux_clip(units((640, 352), count=75))).decode()
    assert page.evaluate(FILE, data) == [640, pytest.approx(3.0, abs=0.01), pytest.approx(3.0, abs=0.05)]
