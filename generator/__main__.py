"""`python -m generator` is `lookml-gen`."""

from generator.cli import main

main()
