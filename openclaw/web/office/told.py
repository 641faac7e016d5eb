"""What every part of the control plane answers with."""

from collections.abc import Mapping

Json = Mapping[str, object]
"""An object of the contract, ready to be written as JSON."""


class UnknownKeyError(LookupError):
    """No session, trace, row or request of that name; the text says so to the person who asked."""
