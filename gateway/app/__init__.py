"""The wiring: creates, starts and stops all components. Only this package and `gateway.cli` know it."""

from gateway.app.bootstrap import Gateway, open_gateway
from gateway.app.run import run

__all__ = ["Gateway", "open_gateway", "run"]
