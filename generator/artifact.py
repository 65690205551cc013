"""What a run makes: artifacts, the file tree they print to, and the manifest of what we own."""
