"""What the YAML may say about pictures: zones and lines, face matching, the installer's own detector."""
