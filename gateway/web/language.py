"""Chooses the language of a response from Accept-Language."""

from __future__ import annotations

from aiohttp import hdrs, web

_MAX_HEADER = 500


def language_of(request: web.Request, default: str) -> str:
    """`zh` or `en`: the one that Accept-Language prefers, else `default`."""
    preferences: dict[str, float] = {}
    for entry in request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:_MAX_HEADER].split(","):
        tag, _, parameters = entry.strip().partition(";")
        language = tag.partition("-")[0].lower()
        if language in {"zh", "en"}:
            preferences[language] = max(preferences.get(language, 0.0), _quality(parameters))
    return max(preferences, key=lambda language: preferences[language], default=default)


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0  # not a number: the least preferred
