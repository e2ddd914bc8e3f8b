"""Recordings of alerts: made from the camera's own packets, stored under their SHA-256, exported as evidence."""
