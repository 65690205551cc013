"""I/O in: one module reads one system and yields its facts. Nothing here decides anything."""
