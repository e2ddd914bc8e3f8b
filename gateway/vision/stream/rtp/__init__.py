"""RTP as cameras send it, sans-I/O: packets in, access units out (RFC 3550, 6184, 7798).

Lazy: receiving reads only the headers; NAL units are assembled when somebody needs them.
"""
