"""lookml-gen: from what a warehouse holds to a reviewed LookML repository."""
