"""Residents on their phones: signing in without a password, remembered phones, what they are told and ask for."""

from gateway.residents.notices import Notice, Notices
from gateway.residents.requests import Request, Requests
from gateway.residents.service import Residents, make_residents
from gateway.residents.types import WrongCode

__all__ = ["Notice", "Notices", "Request", "Requests", "Residents", "WrongCode", "make_residents"]
