"""The page: one module a tab, one for texts, one that turns rows into what is shown."""
