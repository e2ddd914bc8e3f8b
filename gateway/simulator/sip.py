"""A door station (门口机) or a desk phone: a baresip of its own that calls, sends a tone and records what it hears."""

from __future__ import annotations

import array
import asyncio
import math
import random
import shutil
import socket
import tempfile
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from gateway.protocols.sip.control import CommandResponse, ControlDecoder, EngineEvent, encode

MODULES = Path("/usr/lib/baresip/modules")
RATE = 8000
"""Of G.711, as door stations speak it."""
TONE_S = 60
START_S = 10.0
_END_S = 3.0
_T = TypeVar("_T")


class Phone(asyncio.Protocol):
    """A SIP telephone. `address` is where it is called; `keys` what was pressed for it during calls."""

    def __init__(self, user: str, port: int, folder: Path) -> None:
        self.address = f"sip:{user}@127.0.0.1:{port}"
        self.uri = f"sip:{user}@127.0.0.1"
        self.folder = folder
        self.keys = ""
        self.events: list[EngineEvent] = []
        self._news = asyncio.Event()
        self._token = 0
        self._answers: dict[str, asyncio.Future[CommandResponse]] = {}
        self._decoder = ControlDecoder()
        self.line: asyncio.Transport | None = None

    async def call(self, address: str) -> None:
        """Somebody presses the button."""
        await self._order("dial", address)

    async def answer(self) -> None:
        await self._order("accept")

    async def hang_up(self) -> None:
        await self._order("hangup")

    async def press(self, keys: str) -> None:
        await self._order("sndcode", keys)

    async def wait_for(self, kind: str, seconds: float = 5.0) -> EngineEvent:
        """The next event of that kind (CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED, …), those before it forgotten."""
        return await self.wait_until(lambda: self._taken(kind), seconds)

    async def wait_until(self, found: Callable[[], _T | None], seconds: float = 5.0) -> _T:
        async with asyncio.timeout(seconds):
            while not (result := found()):
                await self._news.wait()
        return result

    def heard(self) -> list[bytes]:
        """What it heard in each call, 16-bit samples, little-endian, 8 kHz."""
        return [_samples(path) for path in sorted(self.folder.glob("dump-*-dec.wav"))]

    def _taken(self, kind: str) -> EngineEvent | None:
        for index, event in enumerate(self.events):
            if event.type == kind:
                del self.events[: index + 1]
                return event
        return None

    async def _order(self, command: str, params: str = "") -> None:
        assert self.line, "it is not running"
        self._token += 1
        token = str(self._token)
        answered = self._answers[token] = asyncio.get_running_loop().create_future()
        self.line.write(encode(command, params, token))
        answer = await asyncio.wait_for(answered, START_S)
        if not answer.ok:
            raise RuntimeError(f"{self.uri}: {command}: {answer.text}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.line = transport

    def data_received(self, data: bytes) -> None:
        for item in self._decoder.feed(data):
            if isinstance(item, CommandResponse) and item.token in self._answers:
                self._answers.pop(item.token).set_result(item)
            elif isinstance(item, EngineEvent):
                self.events.append(item)
                self.keys += item.detail[:1] if item.type == "CALL_DTMF_START" else ""
        self._news.set()
        self._news = asyncio.Event()


@asynccontextmanager
async def phone(user: str, hertz: int = 440, *, echo: bool = False) -> AsyncIterator[Phone]:
    """A telephone that is ready; it sends a tone of that pitch in every call, or what it hears itself."""
    port, control = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="anju-phone-") as made:
        folder = Path(made)
        _write_tone(folder / "tone.wav", hertz)
        (folder / "config").write_text(
            _config(port, control, folder, "aubridge,nobody" if echo else f"aufile,{folder}/tone.wav")
        )
        (folder / "accounts").write_text(f"<sip:{user}@127.0.0.1>;regint=0;audio_codecs=PCMA/8000/1,PCMU/8000/1\n")
        (folder / "contacts").write_text("")
        process = await asyncio.create_subprocess_exec(
            shutil.which("baresip") or "baresip",
            "-f",
            made,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        made_phone = Phone(user, port, folder)
        try:
            await _connect(made_phone, control)
            yield made_phone
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _END_S)
            except TimeoutError:  # whom it calls does not answer any more
                process.kill()
                await process.wait()
            if made_phone.line is not None:
                made_phone.line.abort()


async def _connect(made: Phone, port: int) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(START_S):
        while made.line is None:
            with suppress(OSError):
                await loop.create_connection(lambda: made, "127.0.0.1", port)
            await asyncio.sleep(0.02)


def _config(port: int, control: int, folder: Path, source: str) -> str:
    """A player that nobody listens to: sndfile keeps what was decoded."""
    return f"""\
module_path {MODULES}
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:{control}
audio_path {folder}
audio_source {source}
audio_player aubridge,nobody
audio_alert aubridge,nobody
snd_path {folder}
rtp_ports 20000-29999
menu_bell no
ringback_disabled yes
statmode_default off
module_tmp account.so
module g711.so
module aubridge.so
module aufile.so
module sndfile.so
module_app ctrl_tcp.so
module_app menu.so
"""


def _write_tone(path: Path, hertz: int) -> None:
    samples = array.array("h", (round(8000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(RATE * TONE_S)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def _samples(path: Path) -> bytes:
    """All but the header, which says nothing true before the file is closed."""
    header = 44
    return path.read_bytes()[header:]


def free_port() -> int:
    """Free for TCP and UDP, and below those that Linux gives to outgoing connections."""
    while True:
        port = random.randrange(11_000, 20_000)  # no secret
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, suppress(OSError):
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port
