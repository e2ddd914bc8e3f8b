"""Recordings behind alerts: made of the camera's own packets, kept by their hash, handed out as evidence."""
