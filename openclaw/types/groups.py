"""Which groups are answered, whom in them, and when. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

GroupPolicy = Literal["allowlist", "open", "disabled"]

ANY = "*"
GENERAL_TOPIC = "1"
"""Messages of a forum's first topic do not name it."""


@dataclass(frozen=True, slots=True)
class GroupRule:
    """One group, or one topic of it."""

    enabled: bool = True
    require_mention: bool = True
    policy: GroupPolicy | None = None
    """None: the account's."""
    allow_from: frozenset[str] | None = None
    """None: the account's."""
    skills: tuple[str, ...] | None = None
    """The only ones that are offered there; None: all."""
    system_prompt: str = ""


@dataclass(frozen=True, slots=True)
class GroupAccess:
    """The groups of one account, as the owner's file has them."""

    policy: GroupPolicy = "allowlist"
    rules: Mapping[str, GroupRule] = field(default_factory=dict)
    """By chat, by `<chat>:topic:<number>`, or `*`. When there are any, no other group is answered."""
    allow_from: frozenset[str] = frozenset()
    mention_patterns: tuple[re.Pattern[str], ...] = ()
    """Words that call the assistant, besides what the channel itself marks."""
    history_limit: int = 50
    """How much of what was said meanwhile the model is told when it is called."""

    def rule(self, chat: str, topic: str | None) -> GroupRule | None:
        """None: the owner has not let the assistant into this group."""
        if not self.rules and self.policy == "open":
            return GroupRule()
        name = chat if chat in self.rules else ANY
        return self.rules.get(topic_name(name, topic or GENERAL_TOPIC)) or self.rules.get(name)


def topic_name(chat: str, topic: str) -> str:
    return f"{chat}:topic:{topic}"
