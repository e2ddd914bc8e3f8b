"""The flow of data: supervisor → intake → pipeline. Start reading at pipeline.py."""
