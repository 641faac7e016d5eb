"""What a gate's code means, and what can be done about it, for those who read the verdict. Pure."""

from openclaw.types.sending import Verdict

_SIGN = "once it is, set compliance.tenDlc or run: openclaw compliance signoff"
_REGISTRATION = {
    "denied": f"the carriers have refused the registration of our number; {_SIGN}",
    "pending": f"the registration of our number with the carriers is not through; {_SIGN}",
    "unknown": "whether our number is registered with the carriers is not known, so only answers within a day of their"
    f" message leave, and what goes to authorised numbers; {_SIGN}",
    "not_released": "our number is registered and nobody has released it; run: openclaw compliance signoff",
    "tripped": "a carrier has refused our number as unregistered; once mended, run: openclaw compliance signoff",
}
_MEANINGS = {
    **{f"{kind}_{status}": meaning for kind in ("b14", "tfv") for status, meaning in _REGISTRATION.items()},
    "registration_unstated": "it leaves as an answer; how our number is registered is not known, set compliance.tenDlc",
    "owner": "it goes to an authorised number",
    "bad_address": "it is no international number; write it as in +12015550123",
    "expired": "it has waited for too long (compliance.expireHours)",
    "facts_missing": "what is known of this number could not be read",
    "failed": "the checks themselves failed; the log says how",
    "purpose_downgraded": "nobody has asked for it, so it counts as marketing",
    "opted_out": "they have asked for no more messages; only START from that very number takes it back",
    "dnc": "they are on the do-not-call list; openclaw compliance consent NUMBER --kind call_again",
    "no_consent": "no consent is on record (marketing needs it written); openclaw compliance consent NUMBER --kind …",
    "quiet_hours": "it is too early or too late where they may be",
    "no_window": "there is no hour that suits all the places where they may be; openclaw compliance consent NUMBER"
    " --timezone …",
    "geo": "it goes to a country that is not in compliance.countries",
    "premium_rate": "whoever calls or texts this number is charged for it",
    "kill_switch": "compliance.stopped has it wait",
    "circuit_open": "too many of our last messages were refused; look at openclaw compliance log, and at the provider",
    "duplicate": "the same words went to this number within a day",
    "unapproved_blast": "the same words have gone to many numbers within the hour, and no campaign is signed off",
    "canary": "the first messages of the campaign have not arrived yet",
    "cap_spacing": "the last message to this number has only just left",
    "cap_contact": "this number has had its messages of the hour (compliance.caps.perContactPerHour)",
    "cap_sender": "our number has sent its messages of the hour (compliance.caps.perSenderPerHour)",
    "cap_house": "all our numbers have sent their messages of the hour (compliance.caps.perHour)",
    "cap_marketing_day": "this number has had its marketing of the day",
    "cap_marketing_month": "this number has had its marketing of the month",
    "too_long": "it is too long for a text (compliance.caps.segments)",
    "budget": "texts and calls have cost what they may in a day (compliance.caps.dollarsPerDay)",
    "shortener": "it holds a shortened link, which carriers take for spam; write the whole link",
    "ordering": "an earlier part of it has not left",
    "stale_context": "they have written again while it waited",
    "human_active": "a person is in this conversation",
    "no_response_loop": "nobody has answered the last messages",
    "bot_loop": "two machines seem to answer each other",
    "intent_review": "their last message sounds as if they wanted no more of it",
    "empty": "it has no words",
    "secret": "it holds a secret, a card number or a social security number",
    "leak": "it holds words that were never meant for people: a blank that was not filled in, or the model's own",
    "shaft": "carriers refuse what it speaks of",
    "missing_disclosure": "the first marketing message must say who writes (compliance.brand) and: Reply STOP",
    "commitment": "its words bind you (compliance.commitments)",
    "language": "it is written in another script than theirs",
    "overlay": "it is longer than an answer by text message may be",
    "markdown": "it holds marks that a text message shows as they stand",
}  # fmt: skip


def meaning(verdict: Verdict) -> str:
    """Empty where there is nothing to say."""
    return _MEANINGS.get(verdict.code, "")


def explained(verdict: Verdict) -> str:
    """`too early where they may be (compliance-gate: quiet_hours)`"""
    said = f"{verdict.gate}: {verdict.code}"
    return f"{told} ({said})" if (told := meaning(verdict)) else said
