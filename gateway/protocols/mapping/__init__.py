"""Maps other makers' messages to our signals as the YAML declares: JMESPath expressions over JSON. No I/O."""
