"""The pages of guards' phones at checkpoints: sign in, record a scan, report a finding. They work without script too.

`/c/TOKEN` is the address in a checkpoint's QR code, `/c/` the page that the phone keeps for when it has no signal.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import hdrs, web

from gateway.auth.identity import Identity
from gateway.errors import NotRecorded, TooMany, WrongPassword
from gateway.limits import RateLimit
from gateway.patrol.service import PatrolCheckpoint, PhoneScan
from gateway.web.api.session import end_session, set_session_cookie, start_session
from gateway.web.authentication import authenticate
from gateway.web.pages.form import Form, read_form
from gateway.web.pages.patrol_texts import script_texts, texts_in
from gateway.web.pages.photo import InvalidPhoto, sanitize_photo
from gateway.web.pages.renderer import PageRenderer
from gateway.web.public_url import path_prefix
from gateway.web.request_context import RequestContext
from gateway.web.routes import GUARDS, PUBLIC, Route

log = structlog.get_logger(__name__)
MAX_PHOTO_BYTES = 2 * 1024 * 1024
MAX_TEXT_LENGTH = 500
_DRAIN_BYTES = 16 * 1024 * 1024
_FORM_TIMEOUT_S = 60.0
_KEY = re.compile(r"[0-9a-f]{24}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_LANGUAGES = {"zh", "en"}
_ASSETS = ("plate.css", "patrol.css", "patrol.js", "mark.svg")
_CAMERA = "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), autoplay=(self)"


class PatrolPages:
    """Serves the page, its service worker and its forms."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer
        self._findings = RateLimit(30, timedelta(hours=1))
        self._one_photo = asyncio.Semaphore(1)  # decoding takes up to 75 MB

    def routes(self) -> tuple[Route, ...]:
        """The fixed addresses first: a token is anything else."""
        return (
            Route("GET", "/c/sw.js", self.worker, allowed=PUBLIC, page=True),
            Route("GET", "/c/who", self.who, allowed=PUBLIC, page=True),
            Route("POST", "/c/sign-in", self.sign_in, allowed=PUBLIC, page=True),
            Route("POST", "/c/sign-out", self.sign_out, allowed=PUBLIC, page=True),
            Route("GET", "/c/", self.home, allowed=PUBLIC, page=True),
            Route("GET", "/c/{token}", self.show, allowed=PUBLIC, page=True),
            Route("POST", "/c/{token}", self.record, allowed=PUBLIC, page=True),
            Route("POST", "/c/{token}/finding", self.find, allowed=PUBLIC, page=True),
        )

    async def worker(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /c/sw.js: what the phone keeps has its content's hash in its address."""
        root = f"{path_prefix(context.services.compound.public_url)}/"
        assets = [root + self._renderer.address(name) for name in _ASSETS]
        version = "-".join(address.split("/")[-2] for address in assets)
        text = self._renderer.text(
            "patrol_worker.js",
            cache=f"anju-patrol-{version}",
            page=f"{root}c/?shell=1",
            assets=assets,
            optional=[f"{root}qr-decoder.js"],
        )
        headers = {hdrs.CONTENT_TYPE: "text/javascript; charset=utf-8", hdrs.CACHE_CONTROL: "no-cache"}
        return web.Response(text=text, headers=headers)

    async def who(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /c/who: whether the page's own requests are a guard's.

        A browser that opens the page for another app may leave the cookie out of that one request (SameSite).
        """
        identity = await authenticate(context.services, context.request)
        return web.json_response({"guard": _is_guard(identity)})

    async def home(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /c/: the page without a checkpoint; with `?shell` without a user, to be kept."""
        if "shell" in context.request.query:
            return self._page(context, None, None, offline=True)
        return self._page(context, await authenticate(context.services, context.request), None)

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /c/{token}. A GET records nothing: the page's script or its button does."""
        identity = await authenticate(context.services, context.request)
        checkpoint = await self._checkpoint(context)
        if checkpoint is None:
            return self._page(context, identity, None, status=404, gone=True)
        query = context.request.query
        return self._page(context, identity, checkpoint, done="done" in query, found="found" in query)

    async def sign_in(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /c/sign-in: back to where the guard scanned."""
        form = await self._form(context)
        back = form.fields.get("back", "")
        back = back if _TOKEN.fullmatch(back) else ""
        error, status = "wrong", 401
        try:
            token, identity = await start_session(
                context, form.fields.get("user", "").strip(), form.fields.get("password", "")
            )
        except TooMany:
            error, status = "too_many", 429
        except WrongPassword:
            pass
        else:
            response = self._redirect(context, back)
            set_session_cookie(context, response, token)
            log.info("a guard signed in at a checkpoint", user=identity.user)
            return response
        checkpoint = await context.services.patrols.checkpoint_of(back) if back else None
        return self._page(context, None, checkpoint, status=status, error=error, token=back)

    async def sign_out(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /c/sign-out: for the next guard."""
        form = await self._form(context)
        back = form.fields.get("back", "")
        response = self._redirect(context, back if _TOKEN.fullmatch(back) else "")
        await end_session(context, response)
        return response

    async def record(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /c/{token}: a scan from a browser without script, made now."""
        identity = await authenticate(context.services, context.request)
        checkpoint = await self._checkpoint(context)
        if checkpoint is None or not _is_guard(identity):
            return self._page(context, identity, checkpoint, status=404 if checkpoint is None else 403)
        assert identity is not None
        form, now = await self._form(context), context.services.now()
        try:
            await context.services.patrols.scan(checkpoint, identity.user, PhoneScan(_key(form), now, now))
        except NotRecorded:
            return self._page(context, identity, checkpoint, status=503, error="not_kept")
        return self._redirect(context, context.path_param("token"), "done")

    async def find(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /c/{token}/finding: an alert at the checkpoint's place."""
        identity = await authenticate(context.services, context.request)
        checkpoint = await self._checkpoint(context)
        if checkpoint is None or not _is_guard(identity):
            return self._page(context, identity, checkpoint, status=404 if checkpoint is None else 403)
        assert identity is not None
        form = Form()
        try:
            form = await self._form(context)
            text = form.fields.get("text", "").strip()
            if not text or len(text) > MAX_TEXT_LENGTH or form.too_large:
                wrong = "large_photo" if form.too_large else "long_text" if text else "no_text"
                return self._page(context, identity, checkpoint, status=400, error=wrong, text=text)
            self._findings.take(identity.user)
            picture = await self._picture(form.file)
            await context.services.patrols.find(checkpoint, identity.user, _printable(text), _key(form), picture)
        except InvalidPhoto as invalid:
            log.info("a finding's photo can't be read", why=str(invalid))
            error, status = "no_photo", 400
        except TooMany:
            error, status = "too_many", 429
        except NotRecorded:
            error, status = "not_kept", 503
        except web.HTTPException as failed:
            error, status = "large_photo" if failed.status == 413 else "broken_form", failed.status
        else:
            return self._redirect(context, context.path_param("token"), "found")
        return self._page(context, identity, checkpoint, status=status, error=error, text=form.fields.get("text", ""))

    async def _picture(self, file: bytes) -> bytes | None:
        if not file:
            return None
        async with self._one_photo:
            return await asyncio.to_thread(sanitize_photo, file)

    async def _form(self, context: RequestContext[Any]) -> Form:
        return await read_form(
            context.request,
            file="photo",
            max_bytes=MAX_PHOTO_BYTES,
            drain_bytes=_DRAIN_BYTES,
            timeout_s=_FORM_TIMEOUT_S,
        )

    async def _checkpoint(self, context: RequestContext[Any]) -> PatrolCheckpoint | None:
        return await context.services.patrols.checkpoint_of(context.path_param("token"))

    def _redirect(self, context: RequestContext[Any], token: str, flag: str = "") -> web.Response:
        root = f"{path_prefix(context.services.compound.public_url)}/"
        language = context.request.query.get("lang", "")
        query = "&".join([*([f"{flag}=1"] if flag else []), *([f"lang={language}"] if language in _LANGUAGES else [])])
        return web.Response(status=303, headers={hdrs.LOCATION: f"{root}c/{token}{'?' if query else ''}{query}"})

    def _page(
        self,
        context: RequestContext[Any],
        identity: Identity | None,
        checkpoint: PatrolCheckpoint | None,
        *,
        status: int = 200,
        error: str = "",
        **values: Any,
    ) -> web.Response:
        requested = context.request.query.get("lang", "")
        language = requested if requested in _LANGUAGES else context.language
        texts, guard = texts_in(language), _is_guard(identity)
        if identity is not None and not guard and not error:
            error = "not_guard"
        facts = {
            "gone": False,
            "done": False,
            "found": False,
            "offline": False,
            "text": "",
            "token": context.request.match_info.get("token", "") if checkpoint else "",
            **values,
        }
        response = self._renderer.page(
            context,
            "patrol.html",
            status=status,
            texts=texts,
            script_texts=script_texts(language),
            language=language,
            keep_language=requested in _LANGUAGES,
            compound=context.services.compound.name,
            timezone=context.services.compound.timezone,
            point=checkpoint.name.words[language] if checkpoint else "",
            user=identity.user if identity else "",
            guard=guard,
            nonce=secrets.token_hex(12),
            error=texts[error] if error else "",
            **facts,
        )
        response.headers[hdrs.REFERRER_POLICY] = "same-origin"  # with no-referrer a form's Origin would be null
        response.headers["Permissions-Policy"] = _CAMERA
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _is_guard(identity: Identity | None) -> bool:
    return identity is not None and isinstance(GUARDS, frozenset) and identity.role in GUARDS


def _key(form: Form) -> str:
    key = form.fields.get("key", "")
    return key if _KEY.fullmatch(key) else secrets.token_hex(12)


def _printable(text: str) -> str:
    """Without control characters, which a terminal or screen might interpret."""
    return "".join(character for character in text if character.isprintable() or character == "\n")
