"""Pages rendered here, for people: residents' door plates, the API's description, the guard-room app's files."""
