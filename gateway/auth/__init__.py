"""Who may sign in, and what a role may see: accounts, sessions, passwords, the throttle on guesses."""
