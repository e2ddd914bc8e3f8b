"""Live view and recording of a camera's own packets. Nothing is decoded or encoded again."""
