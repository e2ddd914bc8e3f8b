"""`anju discover` as an installer runs it, against a camera of our own."""

from __future__ import annotations

import asyncio
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.config import load
from gateway.errors import ConfigError
from gateway.simulator.onvif import Announcer, CameraAccount, OnvifCameraTwin

PASSWORD = "s3cret pass"


@contextmanager
def a_camera(name: str = "East%20gate") -> Iterator[tuple[OnvifCameraTwin, int]]:
    """A camera in a loop of its own, as the command runs its own; yields it and its port for discovery."""
    ready: list[tuple[OnvifCameraTwin, int]] = []
    loop, stop, is_ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    async def serve() -> None:
        async with OnvifCameraTwin(CameraAccount("anju", PASSWORD)).serve() as camera:
            announcer = Announcer(camera.address, name=name)
            async with announcer.serve() as port:
                ready.append((camera, port))
                is_ready.set()
                await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert is_ready.wait(10)
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def discover(port: int, *arguments: str, stdin: str = "") -> str:
    common = ["discover", "--only", "onvif", "--seconds", "0.4", "--interface", "127.0.0.1"]
    result = CliRunner().invoke(main, [*common, "--host", f"127.0.0.1:{port}", *arguments], input=stdin)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_table_and_the_stubs(tmp_path: Path) -> None:
    out = tmp_path / "found.yaml"
    with a_camera() as (camera, port):
        printed = discover(port, "--user", "anju", "--password-stdin", "--out", str(out), stdin=f"{PASSWORD}\n")
    written = out.read_text("utf-8")
    assert "Anju Twin" in printed
    assert "main 2560×1440 H264: rtsp://127.0.0.1:554/main" in written
    assert "sub 640×360 H264: rtsp://127.0.0.1:554/sub" in written
    assert f"password: !secret camera_127_0_0_1_{camera.port}\n" in written
    assert PASSWORD not in printed + written


def test_a_stub_with_its_place_is_a_device(tmp_path: Path) -> None:
    out = tmp_path / "devices.yaml"
    with a_camera("a%22%5D%0A- evil") as (camera, port):
        discover(port, "--user", "anju", "--password-stdin", "--out", str(out), stdin=PASSWORD)
    (tmp_path / "compound.yaml").write_text("name: 小区\nplaces: {gate/east: 东门}\n", "utf-8")
    (tmp_path / "rules.yaml").write_text("rules: []\n", "utf-8")
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text(f"camera_127_0_0_1_{camera.port}: {PASSWORD}\n", "utf-8")
    secrets.chmod(0o600)
    with pytest.raises(ConfigError, match="fill-in"):
        load(tmp_path)
    out.write_text(out.read_text("utf-8").replace("fill-in", "gate/east"), "utf-8")
    (entry,) = load(tmp_path).devices
    assert entry.device.kind == "onvif_camera"
    assert entry.device.id == f"cam-127-0-0-1-{camera.port}"


def test_every_comment_is_an_entry_that_reads(tmp_path: Path) -> None:
    out = tmp_path / "found.yaml"
    with a_camera() as (_, port):
        discover(port, "--user", "anju", "--password-stdin", "--out", str(out), stdin=PASSWORD)
    more = [line for line in out.read_text("utf-8").splitlines() if re.match(r"#  [ -]", line)]
    assert [line.split(":")[0].strip("# -") for line in more if "fill" not in line or "place" in line][-5:] == [
        "place",
        "id",
        "kind",
        "name",
        "source",
    ]


def test_a_wrong_password_is_told_beside_the_camera() -> None:
    with a_camera() as (_, port):
        printed = discover(port, "--user", "anju", stdin="wrong\n")
    assert "refused user 'anju'" in re.sub(r"\s+", " ", printed)


def test_without_a_user_what_it_says_to_everybody(tmp_path: Path) -> None:
    with a_camera("%5Bred%5DGate%5B%2Fred%5D") as (camera, port):
        printed = discover(port)
    assert "[red]Gate[/red]" in printed  # shown, not obeyed
    assert camera.calls.total() == 0


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "devices.yaml"
    out.write_text("mine")
    result = CliRunner().invoke(main, ["discover", "--seconds", "0.2", "--out", str(out)])
    assert result.exit_code == 1
    assert "exists" in result.output
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--host", "a:b"], "no HOST"),
        (["--interface", "nonsense"], "can't send the probe"),
        (["--password-stdin"], "needs --user"),
    ],
)
def test_what_can_not_be_done_is_said(arguments: list[str], why: str) -> None:
    result = CliRunner().invoke(main, ["discover", "--seconds", "0.2", *arguments])
    assert result.exit_code != 0
    assert why in result.output


def test_nobody_there(free_port: int) -> None:
    assert "nothing answered" in discover(free_port)


@contextmanager
def a_web_server(status: int, body: bytes) -> Iterator[int]:
    """One that answers everything alike; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(10)


def test_a_camera_is_found_at_its_web_port_without_discovery() -> None:
    with a_camera() as (camera, _):
        printed = discover(camera.port, "--user", "anju", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert "Anju Twin" in printed
    assert f"http://127.0.0.1:{camera.port}/onvif/device_service" in re.sub(r"[\s│]", "", printed)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, b"<!DOCTYPE html><html><body>Error</body></html>", "HTTP 500 with a web page: switch ONVIF on"),
        (404, b"not found", "HTTP 404 with no ONVIF"),
        (200, b"<HTML>login</HTML>", "HTTP 200 with a web page"),
    ],
)
def test_a_web_server_that_is_no_onvif_is_told_as_what_it_is(status: int, body: bytes, said: str) -> None:
    with a_web_server(status, body) as port:
        printed = discover(port)
    assert said in printed


def test_a_port_that_nobody_listens_on_is_told(free_port: int) -> None:
    assert "the camera can't be reached" in discover(free_port)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b"SSH-2.0-x\r\n", "does not speak HTTP: is it the right port"), (b"", "hangs up without an answer")],
)
def test_a_port_where_no_web_server_listens_is_told(answer: bytes, said: str) -> None:
    class Other(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            printed = discover(server.server_address[1])
        finally:
            server.shutdown()
            thread.join(10)
    assert said in re.sub(r"\s+", " ", printed)
