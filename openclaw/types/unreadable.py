UNREADABLE = "?"
"""Stands for a condition that could not be read: no message is known to fulfil it, and none is known not to."""
