"""Receiving, buffering, decoding and remuxing of one camera's stream."""
