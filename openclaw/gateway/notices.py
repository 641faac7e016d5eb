"""What the house itself says to people: short, plain, and always what happens next."""

SILENT = "NO_REPLY"
"""A reply of exactly this word is not sent."""


def pairing(channel: str, sender: str, code: str) -> str:
    return (
        "Hello! I am a private assistant and do not know you yet.\n\n"
        f"Your {channel} id: {sender}\n"
        f"Pairing code: {code}\n\n"
        f"If you know my owner, ask them to run:\nopenclaw pairing approve {channel} {code}"
    )


def model_waiting(minutes: float) -> str:
    return (
        "I cannot reach my language model right now. Your message is safe: "
        f"I keep trying for {_duration(minutes)} and answer here as soon as it works."
    )


MODEL_GONE = (
    "I am sorry: my language model stayed out of reach, so this message is unanswered. "
    "Please send it again later."
)
MODEL_REFUSED = (
    "I could not answer this: the language model refused the request. My owner finds the reason in {trace}."
)
TOO_LONG = "This message is too long for my language model. Please send it in smaller parts."
AGAIN = "Please send your message again."
OUTGROWN = (
    "Our conversation has become too long for my language model, even summed up. I begin a new one; the old one is "
    "kept."
)
INTERNAL = (
    "I am sorry: something went wrong on my side and this message is unanswered. "
    "My owner finds the reason in {trace}."
)
GIVEN_UP = (
    "I was restarted in the middle of this message several times, so I set it aside rather than try for ever. "
    "Please send it again, or ask in another way."
)
TOO_OLD = (
    "I was switched off in the middle of an older message of yours and did not finish it. "
    "Please send it again if it still matters."
)
STOPPED = "[stopped here]"
CLIENT_GONE = "(Not answered: the program that asked was gone after a restart.)"
WITHHELD = "[withheld: a secret]"
ANEW = "↻ I began this answer anew. What counts is this:"
REASONING = "Reasoning:"
WORKING = "Working on it."


def _duration(minutes: float) -> str:
    return f"{minutes:.0f} minutes" if minutes >= 1.5 else "a minute"


def substituted(asked: str, fault: str, answered: str) -> str:
    return f"({asked} is not available at the moment: {fault.replace('_', ' ')}. {answered} answers until it is back.)"


def summed_up(before: int, after: int) -> str:
    # Of what a model has not counted yet, the size before is not known.
    return (
        f"Summed up: {before:,} tokens became {after:,}."
        if before > after
        else f"Summed up: {after:,} tokens."
    )


def with_trace(notice: str, trace_id: str) -> str:
    return notice.replace("{trace}", f"`openclaw trace {trace_id}`")
