"""Dry contacts (干接点), relay outputs, gate barriers (道闸) and fire linkage (消防联动). No I/O, no clock.

The caller passes in what it has read and when, and asks which outputs are to be written.
"""
