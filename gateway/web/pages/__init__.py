"""Pages for people: residents' door plates, the API documentation, and the files of the guard-room app."""
