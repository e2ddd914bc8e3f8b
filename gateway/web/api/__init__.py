"""The JSON API under /api/v1, one file a noun; each has its part of the route table as `ROUTES`."""
