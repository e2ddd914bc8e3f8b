"""Building blocks for the Settings of drivers, links and rules: durations, addresses, selections, secrets."""
