"""The built-in notifiers: one file a kind, with its class as NOTIFIER. They are loaded by name."""
