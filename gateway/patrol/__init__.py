"""Rounds past checkpoints (巡更) and the duty log (值班记录): when they are due, and what is made of what guards do."""
