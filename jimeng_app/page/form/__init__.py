"""The submission form: layout, fields, examples, and what its button does."""
