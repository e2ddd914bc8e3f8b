"""The YAML settings of vision: zones and lines, face matching, the installer's own detector."""
