"""The HTTP server: the guard room's console, the residents' pages and the API, on one port."""

from gateway.auth.accounts import Accounts
from gateway.auth.passwords import Passwords
from gateway.auth.users import Users
from gateway.web.hub import Hub
from gateway.web.server import build, serve
from gateway.web.services import CompoundInfo, Services

__all__ = ["Accounts", "CompoundInfo", "Hub", "Passwords", "Services", "Users", "build", "serve"]
