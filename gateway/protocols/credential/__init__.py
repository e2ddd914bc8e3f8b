"""Credentials from readers: Wiegand bits of the usual layouts, the lines that serial readers print, keypads.

A card number is personal data: it reveals when a resident comes and goes. A signal carries it under `card` for access
decisions, so it is in the journal as long as signals are kept, and managers (and programs with a manager's token) can
read it through the API. Everybody else gets only its last digits (`credential`). Nothing here logs it, and of a card
that can't be read the quarantine keeps only the shape (masking.py).
"""
