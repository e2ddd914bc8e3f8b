"""Bytes in and out: a link is handed to a driver, so that a test can hand it another."""
