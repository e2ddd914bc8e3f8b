"""One port for the guard room, the residents' pages and the API."""

from gateway.web.accounts import Accounts
from gateway.web.hub import Hub
from gateway.web.passwords import Passwords
from gateway.web.server import build, serve
from gateway.web.services import Facts, Services
from gateway.web.users import Users

__all__ = ["Accounts", "Facts", "Hub", "Passwords", "Services", "Users", "build", "serve"]
