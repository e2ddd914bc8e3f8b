"""Syslog as devices send it: splits a stream into messages (RFC 6587) and parses them (RFC 5424, RFC 3164)."""
