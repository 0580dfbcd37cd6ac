"""Routes that the page's scripts call: look-ups of many tasks, and their results as files."""
