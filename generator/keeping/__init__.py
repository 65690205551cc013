"""What a view had and has no more stays for a while, hidden, so that nothing breaks overnight.

`lost` says what is gone of a field, `stand_ins` what is written in its place, `past` what is known
of yesterday, `keep` puts the two together, `remembered` is what the next run knows.
"""
