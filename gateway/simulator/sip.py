"""A door station (门口机) or desk phone: a baresip that calls, sends a tone and records what it receives."""

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
"""The sample rate of G.711, which door stations use."""
TONE_S = 60
START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 3.0
_T = TypeVar("_T")


class SipPhone(asyncio.Protocol):
    """A SIP telephone. `address` is where it is called; `keys` are the keys received during calls."""

    def __init__(self, user: str, port: int, folder: Path) -> None:
        self.address = f"sip:{user}@127.0.0.1:{port}"
        self.uri = f"sip:{user}@127.0.0.1"
        self.folder = folder
        self.keys = ""
        self.events: list[EngineEvent] = []
        self._received = asyncio.Event()
        self._token = 0
        self._pending: dict[str, asyncio.Future[CommandResponse]] = {}
        self._decoder = ControlDecoder()
        self.transport: asyncio.Transport | None = None

    async def call(self, address: str) -> None:
        """Call an address, as if somebody pressed the button."""
        await self._send("dial", address)

    async def answer(self) -> None:
        """Answer the incoming call."""
        await self._send("accept")

    async def hang_up(self) -> None:
        """End its call."""
        await self._send("hangup")

    async def press(self, keys: str) -> None:
        """Send keys (DTMF) in its call."""
        await self._send("sndcode", keys)

    async def wait_for(self, kind: str, seconds: float = 5.0) -> EngineEvent:
        """The next event of that type (CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED, …); earlier events are dropped."""
        return await self.wait_until(lambda: self._take_event(kind), seconds)

    async def wait_until(self, found: Callable[[], _T | None], seconds: float = 5.0) -> _T:
        """Wait until `found` returns something true, and return that."""
        async with asyncio.timeout(seconds):
            while not (result := found()):
                await self._received.wait()
        return result

    def recordings(self) -> list[bytes]:
        """The audio received in each call: 16-bit samples, little-endian, 8 kHz."""
        return [_samples(path) for path in sorted(self.folder.glob("dump-*-dec.wav"))]

    def _take_event(self, kind: str) -> EngineEvent | None:
        for index, event in enumerate(self.events):
            if event.type == kind:
                del self.events[: index + 1]
                return event
        return None

    async def _send(self, command: str, params: str = "") -> None:
        assert self.transport, "it is not running"
        self._token += 1
        token = str(self._token)
        pending = self._pending[token] = asyncio.get_running_loop().create_future()
        self.transport.write(encode(command, params, token))
        response = await asyncio.wait_for(pending, START_TIMEOUT_S)
        if not response.ok:
            raise RuntimeError(f"{self.uri}: {command}: {response.text}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The control connection is made."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect responses and events."""
        for item in self._decoder.feed(data):
            if isinstance(item, CommandResponse) and item.token in self._pending:
                self._pending.pop(item.token).set_result(item)
            elif isinstance(item, EngineEvent):
                self.events.append(item)
                # The first character of the detail is the key.
                self.keys += item.detail[:1] if item.type == "CALL_DTMF_START" else ""
        self._received.set()
        self._received = asyncio.Event()


@asynccontextmanager
async def run_phone(user: str, hertz: int = 440, *, echo: bool = False) -> AsyncIterator[SipPhone]:
    """A telephone that is ready. In every call it sends a tone of that pitch, or with `echo` what it receives."""
    port, control = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="anju-phone-") as temporary:
        folder = Path(temporary)
        _write_tone(folder / "tone.wav", hertz)
        (folder / "config").write_text(
            _config(port, control, folder, "aubridge,nobody" if echo else f"aufile,{folder}/tone.wav")
        )
        (folder / "accounts").write_text(f"<sip:{user}@127.0.0.1>;regint=0;audio_codecs=PCMA/8000/1,PCMU/8000/1\n")
        (folder / "contacts").write_text("")
        process = await asyncio.create_subprocess_exec(
            shutil.which("baresip") or "baresip",
            "-f",
            temporary,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        phone = SipPhone(user, port, folder)
        try:
            await _connect(phone, control)
            yield phone
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_TIMEOUT_S)
            except TimeoutError:  # the other end does not respond any more
                process.kill()
                await process.wait()
            if phone.transport is not None:
                phone.transport.abort()


async def _connect(phone: SipPhone, port: int) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(START_TIMEOUT_S):
        while phone.transport is None:
            with suppress(OSError):
                await loop.create_connection(lambda: phone, "127.0.0.1", port)
            await asyncio.sleep(0.02)


def _config(port: int, control: int, folder: Path, source: str) -> str:
    """The player `nobody` discards the audio; the module sndfile records what was decoded."""
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
    """Without the header, whose sizes are wrong until the file is closed."""
    header = 44
    return path.read_bytes()[header:]


def free_port() -> int:
    """A port free for TCP and UDP, below those that Linux gives to outgoing connections."""
    while True:
        port = random.randrange(11_000, 20_000)  # not for security
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, suppress(OSError):
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port
