"""The path prefix under which a proxy publishes us, when `public_url` has one: https://example.org/anju.

Some proxies strip the prefix and some pass it on, so both forms are served. The console refers to everything by
relative addresses and works without `public_url` too; the residents' pages use absolute ones.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web


def path_prefix(public_url: str) -> str:
    """`/anju`, or the empty string at the root."""
    return urlsplit(public_url).path.rstrip("/")


def relative_root(request: web.Request, public_url: str) -> str:
    """The relative address of our root, seen from the requested path: `./`, `../`, `../../` …"""
    prefix = path_prefix(public_url)
    # At `/anju` without a slash, a browser resolves relative addresses against `/`.
    if prefix and request.path == prefix:
        return f"{prefix.rpartition('/')[2]}/"
    return "../" * (_path(request, prefix).count("/") - 1) or "./"


def public_path(request: web.Request, public_url: str) -> str:
    """The requested path with the prefix, as the browser must name it."""
    prefix = path_prefix(public_url)
    return prefix + _path(request, prefix)


def _path(request: web.Request, prefix: str) -> str:
    """The requested path without the prefix."""
    path = request.rel_url.raw_path
    return path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path
