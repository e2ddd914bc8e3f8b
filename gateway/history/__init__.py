"""Looking back: search over alerts, timelines of a place, device, person or vehicle, and lists to take away."""
