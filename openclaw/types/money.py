"""US dollars as people read them."""


def usd(amount: float) -> str:
    """`$1,234.50`; sums below a dollar to a hundredth of a cent, `$0.0021`."""
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.4f}"
