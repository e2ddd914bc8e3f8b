"""What the history and its figures need beside the tables of the flow: indexes, and the words of alerts.

Tables that begin with `search_` are made from others: a damaged database is replaced without them, and they are made
again.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("anju.history")


@migrations()
def m001_alerts_by_time(db: Database) -> None:
    """`steps_response` covers its query: without it each step of each alert of a month would be looked up."""
    db.conn.execute("CREATE INDEX alerts_raised ON alerts (raised_at)")
    db.conn.execute("CREATE INDEX steps_response ON steps (alert, action, at) WHERE alert IS NOT NULL")


@migrations()
def m002_search(db: Database) -> None:
    """`search_alerts` numbers alerts in the order in which they were first seen; `search_words` is by that number.

    Its words come from gateway/history/terms.py; `/`, `:` and the like are parts of words, as in `place:b3/u1`.
    `search_progress` holds the last number of `decisions` and `steps` that was read; while the index is made for the
    first time, the last id of `alerts`.
    """
    db.conn.execute("""
        CREATE TABLE search_alerts (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            alert TEXT NOT NULL UNIQUE,
            raised_at INTEGER NOT NULL
        )""")
    db.conn.execute("CREATE INDEX search_alerts_raised ON search_alerts (raised_at)")
    db.conn.execute("""
        CREATE VIRTUAL TABLE search_words
        USING fts5 (words, tokenize = "unicode61 remove_diacritics 0 tokenchars ':/._-@'")""")
    db.conn.execute("CREATE TABLE search_progress (source TEXT PRIMARY KEY, seen NOT NULL)")


@migrations()
def m003_seen_by_name(db: Database) -> None:
    """For the timelines of a person and of a vehicle: sightings and passages that name one.

    Other kinds are left out, so that they cost nothing; `json_valid`, because a damaged row must not break the index.
    """
    for name, key in (("person", "$.person"), ("plate", "$.text")):
        kinds = _KINDS[name]
        db.conn.execute(
            f"CREATE INDEX journal_{name} ON journal (json_extract(data, '{key}'), number)"
            f" WHERE kind IN ({kinds}) AND json_valid(data)"
        )


_KINDS = {
    "person": "'face.matched', 'face.watchlisted', 'access.granted', 'access.denied'",
    "plate": "'plate.read'",
}


@migrations()
def m004_steps_by_user_and_action(db: Database) -> None:
    """For the page of the audit."""
    db.conn.execute("CREATE INDEX steps_user ON steps (user, number)")
    db.conn.execute("CREATE INDEX steps_action ON steps (action, number)")
    db.conn.execute("CREATE INDEX steps_at ON steps (at)")


@migrations()
def m005_silences_by_time(db: Database) -> None:
    """For what silences kept away in a period."""
    db.conn.execute("CREATE INDEX silences_begun ON silences (begun_at)")
