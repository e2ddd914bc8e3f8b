"""Other people's messages as our signals, declared in YAML and not in code: JMESPath expressions over JSON. No I/O."""
