"""Visitors' passes (访客): made by residents and guards, shown as a changing QR code, counted when they open a door."""
