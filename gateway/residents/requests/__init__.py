"""Changes of a household that its people ask for; the property or an owner confirms them."""

from gateway.residents.requests.requests import CarryOut, Request, Requests

__all__ = ["CarryOut", "Request", "Requests"]
