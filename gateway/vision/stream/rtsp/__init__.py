"""An RTSP client, sans-I/O (RFC 2326): bytes and time in, bytes and events out."""
