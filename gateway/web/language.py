"""Which of the two languages a person is answered in."""

from __future__ import annotations

from aiohttp import hdrs, web


def language_of(request: web.Request, otherwise: str) -> str:
    """`zh` or `en`: the one Accept-Language likes better, else the compound's."""
    liked: dict[str, float] = {}
    for entry in request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:500].split(","):
        tag, _, parameters = entry.strip().partition(";")
        language = tag.partition("-")[0].lower()
        if language in {"zh", "en"}:
            liked[language] = max(liked.get(language, 0.0), _quality(parameters))
    return max(liked, key=lambda language: liked[language], default=otherwise)


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
