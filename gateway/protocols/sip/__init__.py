"""Calls between door stations and the guard room, with baresip as the SIP engine.

```
station ──SIP, RTP──▶ baresip ◀──control.py── engine.py ◀── the driver (signals, commands)
                         │ audio bridge
desk phone ◀─SIP, RTP────┤
browser ◀─WebSocket─ talk.py ◀─SIP, RTP (L16, this machine)──┘
```

baresip (BSD licence, Debian's baresip-core) is the only SIP stack: it talks to stations, to the desk phone, and to
`extension.py`, which answers the one call that it makes to us so that we have the sound. Sound between the two
calls is bridged inside baresip, which also decodes, resamples and buffers.
"""
