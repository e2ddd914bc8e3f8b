"""The law on personal information: consents, a person's data as a file, and deletion of everything about a person."""
