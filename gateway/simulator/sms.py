"""A simulated SMS gateway over HTTP: takes messages, and writes the newest one-time code into a file."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web


@asynccontextmanager
async def run_sms_gateway(host: str, port: int, codes: Path) -> AsyncIterator[None]:
    """Serve until the block is left. The file exists once a message with a code was sent."""
    codes.parent.mkdir(parents=True, exist_ok=True)

    async def send(request: web.Request) -> web.Response:
        message = await request.json()
        code = str(message.get("code", ""))
        if code.isdigit():
            _write(codes, f"{code}\n")
        return web.json_response({"code": 0, "msg": "ok", "data": {"sid": f"sim-{message.get('out_id', '')}"}})

    async def balance(_request: web.Request) -> web.Response:
        return web.json_response({"code": 0, "msg": "ok"})

    app = web.Application()
    app.add_routes([web.post("/v1/send", send), web.get("/v1/balance", balance)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def _write(file: Path, text: str) -> None:
    """Atomically: others read the file at any time."""
    unfinished = file.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as part:
        part.write(text)
    unfinished.replace(file)
