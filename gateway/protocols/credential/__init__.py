"""What a reader says of a card: Wiegand bits of the usual layouts, and the lines that serial readers print.

A card number is personal data: it names a resident's comings and goings. A signal carries it for access
decisions under `card`; so it lies in the journal as long as signals are kept, and by the API a manager (and a
program with a manager's token) reads it. Everybody else gets its last digits alone (`credential`), nothing here
logs it, and of a card that can't be read the quarantine keeps the shape (masked.py).
"""
