"""RTSP as a camera's client speaks it, without I/O (RFC 2326): bytes and events in, bytes and events out."""
