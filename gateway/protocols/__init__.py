"""Protocols of devices and their sessions, without I/O where that is possible: bytes in, messages out."""
