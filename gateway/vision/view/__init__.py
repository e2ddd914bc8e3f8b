"""A camera's own packets for people: shown live, and taken down as a recording. Nothing is decoded or encoded here."""
