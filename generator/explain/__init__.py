"""Explanations of what a run makes: what it is, who asked for it, what it stands on, who uses it.

Pure: a full build and what it was made of come in, text comes out. `things` are named and tied to
each other by the modules below, one for each language; `index` holds them, `answer` asks it, and
`show` prints the answer. Nothing here builds, and nothing here is remembered.
"""
