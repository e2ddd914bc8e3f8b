"""Anju (安居): the gateway of a smart residential compound."""

__version__ = "0.1.0"
