"""What the guard room's work amounts to in a period: counts, response times, the alarm budget, outages, a night.

Pure calculations over rows; only `rows.py` reads the database.
"""
