"""Syslog as devices send it: lines out of a stream (RFC 6587), messages out of lines (RFC 5424, RFC 3164), patterns."""
