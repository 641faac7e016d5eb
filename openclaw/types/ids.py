"""Names for what we make: a prefix, the time, and enough chance that nobody guesses the next one."""

import secrets
import time


def new_id(prefix: str) -> str:
    return f"{prefix}_{time.time_ns() // 1_000_000:011x}{secrets.token_hex(5)}"
