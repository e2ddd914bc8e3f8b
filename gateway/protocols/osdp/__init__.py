"""OSDP v2 (SIA OSDP 2.2, IEC 60839-11-5): card readers on an RS-485 line, by libosdp, without its threads.

libosdp keeps the conversation with one reader: states, sequence numbers, secure channel. What it can't do well is done
here:

- `frames`   bytes to valid frames. libosdp 3.2.9 drops a session for 300 s on a single wrong CRC, so it gets none.
- `session`  one reader's libosdp in memory: its next frame to send, and its events. libosdp waits a second for a lost
  reply and five minutes after nine of them; here a session is restarted at once.
- `bus`      which reader is polled next, and when a reader counts as lost; `timing` holds the timeouts.
- `events`   libosdp's events to signals; `commands` LED, buzzer and text; `diagnosis` why a reader does not work.

Each reader has its own libosdp instance, so that a dead reader does not delay the others, and the polling order is
ours to decide.
"""
