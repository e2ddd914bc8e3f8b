"""Saving what can be read of a damaged database into a fresh one, while the gateway goes on.

    old file ─ begin ─→ fresh file: accounts and registers, alerts, the newest signals      (a second)
             ─ rest ──→ all other rows, in small units through the ordinary writer         (minutes)

`alerts`, `alert_signals` and every index are made from `decisions` and `steps`: a bad page in them loses nothing. The
old file is moved into `damaged-<time>/` and never written.
"""
