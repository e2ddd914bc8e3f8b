"""The only place that knows the wiring: everything is made here, started here and ended here."""

from gateway.app.assemble import Gateway, open_gateway
from gateway.app.run import run

__all__ = ["Gateway", "open_gateway", "run"]
