"""An error of a resident's page, as a page: whoever follows an old link reads a sentence, not JSON."""

from __future__ import annotations

from html import escape

from aiohttp import hdrs, web

from gateway.model import Words
from gateway.web.api_errors import ErrorResponse

_BACK = Words("返回首页", "Back to the first page")
_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{message}</title>
<link rel="stylesheet" href="{prefix}/static/{version}/plate.css">
</head>
<body><main><section class="plate"><h1>{message}</h1>
<p><a class="quiet" href="{prefix}{back}">{words}</a></p></section></main></body>
</html>
"""


def wants_page(request: web.Request) -> bool:
    """Whether a browser shows the answer to a person."""
    return "text/html" in request.headers.get(hdrs.ACCEPT, "")


def error_page(error: ErrorResponse, language: str, prefix: str, back: str, version: str) -> web.Response:
    """The error's sentence and the way back to `back`, a path of ours. A new `version` fetches a new style sheet."""
    text = _PAGE.format(
        lang="en" if language == "en" else "zh-CN",
        message=escape(error.words[language]),
        words=_BACK[language],
        prefix=escape(prefix),
        version=escape(version),
        back=back,
    )
    return web.Response(text=text, status=error.status, headers=error.headers, content_type="text/html")
