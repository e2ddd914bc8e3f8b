"""The path below which a proxy serves us, when `public_url` has one: https://example.org/anju.

Proxies either take that path away or leave it; both are served. The console's page names everything relative to
itself, so it works without `public_url` too; pages for phones name it in full.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web


def path_prefix(public_url: str) -> str:
    """`/anju`, or nothing where we are at the root."""
    return urlsplit(public_url).path.rstrip("/")


def relative_root(request: web.Request, public_url: str) -> str:
    """From the address that is asked for to our root: `./`, `../`, `../../` …"""
    prefix = path_prefix(public_url)
    if prefix and request.path == prefix:
        return f"{prefix.rpartition('/')[2]}/"
    return "../" * (_path(request, prefix).count("/") - 1) or "./"


def public_path(request: web.Request, public_url: str) -> str:
    """The path that is asked for, as the browser has to name it."""
    prefix = path_prefix(public_url)
    return prefix + _path(request, prefix)


def _path(request: web.Request, prefix: str) -> str:
    path = request.rel_url.raw_path
    return path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path
