"""`channels.telegram.groups` of the config file."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError

from openclaw.schema import ConfigPart, Ids
from openclaw.types.groups import GroupPolicy, GroupRule, topic_name


class TopicConfig(ConfigPart):
    enabled: bool | None = None
    require_mention: bool | None = None
    """False: every message there is answered."""
    group_policy: GroupPolicy | None = None
    allow_from: Ids | None = None
    skills: Ids | None = None
    """The only ones that are offered there."""
    system_prompt: str = ""
    """Added to the assistant's instructions there."""


class GroupConfig(TopicConfig):
    """Of one group; what it says about tools is the agents'."""

    topics: dict[str, Any] = Field(default_factory=dict)
    """By number; what a topic does not say is as in its group."""


_SHUT = GroupRule(enabled=False)


def group_rules(groups: Mapping[str, Any]) -> dict[str, GroupRule]:
    """A group or topic that cannot be read is shut, alone."""
    found: dict[str, GroupRule] = {}
    for chat, written in groups.items():
        try:
            group = GroupConfig.model_validate(written if written is not None else {})
        except ValidationError:
            found[chat] = _SHUT
            continue
        found[chat] = _rule(group, GroupRule())
        for topic, under in group.topics.items():
            try:
                config = TopicConfig.model_validate(under if under is not None else {})
            except ValidationError:
                found[topic_name(chat, topic)] = _SHUT
            else:
                found[topic_name(chat, topic)] = _rule(config, found[chat])
    return found


def _rule(config: TopicConfig, above: GroupRule) -> GroupRule:
    return GroupRule(
        above.enabled if config.enabled is None else config.enabled,
        above.require_mention if config.require_mention is None else config.require_mention,
        config.group_policy or above.policy,
        above.allow_from if config.allow_from is None else frozenset(_ids(config.allow_from)),
        above.skills if config.skills is None else config.skills,
        "\n\n".join(text for text in (above.system_prompt, config.system_prompt) if text.strip()),
    )


def _ids(entries: Ids) -> Iterator[str]:
    """Without what is not an id: a username can change hands."""
    for entry in entries:
        bare = entry.removeprefix("telegram:").removeprefix("tg:")
        if is_id(bare):
            yield bare


def is_id(entry: str) -> bool:
    return entry == "*" or (entry.isascii() and entry.isdecimal())


def group_problems(place: str, groups: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong, in words that say what to do."""
    for chat, written in groups.items():
        name = f'{place}.groups["{chat}"]'
        if chat != "*" and not chat.removeprefix("-").isdecimal():
            yield f"{name} is no group: write its number, such as -1001234567890, or *"
        yield from _unreadable(name, written, GroupConfig)
        topics = written.get("topics") if isinstance(written, Mapping) else None
        for topic, under in topics.items() if isinstance(topics, Mapping) else ():
            yield from _unreadable(f'{name}.topics["{topic}"]', under, TopicConfig)


def _unreadable(name: str, written: object, model: type[TopicConfig]) -> Iterator[str]:
    try:
        config = model.model_validate(written if written is not None else {})
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors(include_url=False)[0]["loc"])
        yield (
            f"{name}.{where} cannot be read, so nobody is answered there; mend it"
            if where
            else (f"{name} cannot be read, so nobody is answered there; mend it")
        )
        return
    for entry in config.allow_from or ():
        if not is_id(entry.removeprefix("telegram:").removeprefix("tg:")):
            yield f"{name}.allowFrom: {entry!r} is not a Telegram user id and lets nobody in; write the number"
