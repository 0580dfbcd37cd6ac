"""The tab "Batches": a table in, films out."""
