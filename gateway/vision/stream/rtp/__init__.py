"""RTP as cameras speak it, without I/O: packets in, access units out (RFC 3550, 6184, 7798).

Lazy: a packet costs a look at its header; NAL units are put together only for who asks.
"""
