"""Pictures: loading from a path, URL or bytes, decoding and validation, safe download."""
