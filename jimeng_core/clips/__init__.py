"""Reference videos and audios: read, measured in a process of their own, and judged."""
