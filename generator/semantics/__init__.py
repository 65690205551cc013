"""What we conclude: names are tied to things, and columns become entities, dimensions and joins."""
