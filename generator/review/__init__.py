"""Reviews: what a change of generated LookML means for those who use it. Pure."""
