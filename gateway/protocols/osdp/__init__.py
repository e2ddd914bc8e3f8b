"""OSDP v2 (SIA OSDP 2.2, IEC 60839-11-5): card readers on an RS-485 line, by libosdp, without its threads.

libosdp keeps one reader's conversation: its states, its sequence numbers, its secure channel. What it can't do well
is done here, one purpose a file:

- `frames`  whole frames out of bytes. libosdp 3.2.9 drops a session for 300 s on one wrong check, so it never sees one.
- `session` one reader's libosdp in memory: what it wants to say, and what it made of an answer. libosdp waits a
  second for a lost answer and five minutes after nine; a session is begun anew at once.
- `bus`     whose turn it is on the line, and when a reader counts as lost; `timing` says how long is waited for what.

Each reader has a libosdp of its own rather than all one together: so a dead reader does not hold up the others,
and the line is ours to share out.
"""
