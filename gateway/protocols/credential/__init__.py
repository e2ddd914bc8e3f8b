"""Credentials from readers: Wiegand bits of the usual layouts, the lines that serial readers print, codes, keypads.

A card number is personal data: it reveals when a resident comes and goes. A signal carries it under `card` for access
decisions, so it is in the journal as long as signals are kept, and managers (and programs with a manager's token) can
read it through the API. Everybody else gets only its last digits (`credential`). Nothing here logs it, and of a card
that can't be read the quarantine keeps only the shape (masking.py). A PIN and the text of a code are the signal's
`secret`: the decision at the door gets them in memory, the journal never.
"""
