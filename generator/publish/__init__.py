"""I/O out: what is written to the output folder, and what is committed to a repository."""
