"""What the outside says: frozen data, and nothing that concludes anything.

Readers in `sources` make these; `semantics` draws the conclusions.
"""
