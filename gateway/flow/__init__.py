"""The way of the data: supervisor → intake → pipeline. Start with pipeline.py."""
