"""The pre-send gates: pure functions over an intent and facts. They run inside the claim of the outbox row."""

from openclaw.types.sending import Facts, SendIntent, Verdict

ALLOW = Verdict("allow")


def decide(intent: SendIntent, facts: Facts) -> Verdict:
    """The first gate that objects."""
    if not intent.text.strip():
        return Verdict("block", "response-generator", "empty")
    if any(secret and secret in intent.text for secret in facts.secrets):
        return Verdict("block", "response-generator", "secret")
    return ALLOW
