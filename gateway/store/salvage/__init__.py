"""Copies the readable rows of a damaged database into a new one, while the gateway runs.

    old file ─ essential_rows ─→ new file: accounts and registers, alerts, the newest signals   (a second)
             ─ remaining_rows ─→ all other rows, in small units through the ordinary writer     (minutes)

`alerts`, `alert_signals` and all indexes are rebuilt from `decisions` and `steps`: a bad page in them loses nothing.
The old file is moved into `damaged-<time>/` and never written.
"""
