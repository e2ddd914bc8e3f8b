"""Signing residents in, in tests of the web."""

from __future__ import annotations

import asyncio

PHONE = "13812345678"
UNKNOWN = "13866667777"


async def ask(client, phone: str) -> int:
    """Ask for a code; the status."""
    async with client.post("/api/v1/resident/code", json={"phone": phone}) as answer:
        return answer.status


async def code_for(anju, phone: str, count: int = 1) -> str:
    """The newest code, once so many went out to the number."""
    async with asyncio.timeout(10):
        while len(found := [code for number, code in anju.codes if number == phone]) < count:
            await asyncio.sleep(0.01)
    return found[-1]


async def sign_in(client, phone: str, code: str):
    """The answer and its body."""
    async with client.post("/api/v1/resident/session", json={"phone": phone, "code": code}) as answer:
        return answer, await answer.json()
