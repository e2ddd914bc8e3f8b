"""What a reader says of a card: Wiegand bits of the usual layouts, and the lines that serial readers print.

A card number is personal data: it names a resident's comings and goings. A signal carries it for access
decisions under `card`; so it lies in the journal as long as signals are kept, and whoever may read signals by
the API reads it. What people read on a screen (`credential`) shows its last digits alone, and nothing here logs it.
"""
