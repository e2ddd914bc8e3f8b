"""Calls between door stations and the guard room, with baresip as the SIP engine.

```
station ──SIP, RTP──▶ baresip ◀──control.py── engine.py ◀── the driver (signals, commands)
                         │ audio bridge
desk phone ◀─SIP, RTP────┤
browser ◀─WebSocket─ audio.py ◀─SIP, RTP (L16, this machine)──┘
```

baresip (BSD licence, Debian's baresip-core) is the only SIP stack: it talks to stations, to the desk phone, and to
`extension.py`, which answers the single call that baresip makes to us to hand over the audio. baresip bridges the
audio of the two calls; it also decodes, resamples and buffers it.
"""
