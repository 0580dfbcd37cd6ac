"""The query panel: layout, event handlers, table and preview."""
