"""Picture uploads to the site's ImageX store."""
