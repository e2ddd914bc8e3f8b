"""Authentication and authorisation: accounts, sessions, passwords, sign-in throttling, and what a role may see."""
