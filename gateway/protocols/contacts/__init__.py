"""Dry contacts (干接点), the outputs beside them, gate barriers (道闸) and fire linkage (消防联动): what they mean.

Without I/O and without a clock: whoever speaks to the modules says what he saw and when, and asks
what is to be driven.
"""
