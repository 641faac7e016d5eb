"""Models that are talked into things more easily than others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openclaw.agent.config import ModelChoice
from openclaw.doctor.finding import Finding, Level
from openclaw.doctor.people import entrances, paired
from openclaw.doctor.premises import Premises
from openclaw.llm.catalog import parse_ref
from openclaw.settings.model import Settings

LEGACY = re.compile(
    r"gpt-(3\.5|4(-|$)(?!1|o))|gpt-4-|text-davinci|claude-(instant|1|2|3-)|llama-?[12]\b|gemini-1",
    re.IGNORECASE,
)
WEAK = re.compile(r"haiku|[-_.]mini\b|nano|flash|lite|luna|small|tiny", re.IGNORECASE)
_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)b\b", re.IGNORECASE)
SMALL_BILLIONS = 70


@dataclass(frozen=True, slots=True)
class Chosen:
    key: str
    name: str


def models(premises: Premises) -> Iterator[Finding]:
    settings = premises.settings
    by_code = {each.place: paired(premises.paths.credentials, each) for each in entrances(settings)}
    yield from judged(chosen(settings), others=_others_write(settings, by_code))


def _others_write(settings: Settings, by_code: Mapping[str, frozenset[str]]) -> bool:
    return any(
        each.is_open or by_code.get(each.place) or each.allowed - each.owners - {"*"}
        for each in entrances(settings)
    )


def chosen(settings: Settings) -> list[Chosen]:
    """Pure. Every model that somebody may be answered by."""
    agents = settings.agents
    found = list(_of("agents.defaults.model", agents.defaults.model))
    for place, agent in enumerate(agents.list):
        found += _of(f"agents.list[{place}].model", agent.model)
    if agents.defaults.heartbeat.model:
        found.append(Chosen("agents.defaults.heartbeat.model", agents.defaults.heartbeat.model))
    for channel, chats in settings.channels.model_by_channel.items():
        found += [Chosen(f"channels.modelByChannel.{channel}", name) for name in chats.values()]
    return [Chosen(each.key, str(parse_ref(each.name, settings.models))) for each in found]


def _of(key: str, choice: ModelChoice | None) -> Iterator[Chosen]:
    if choice is not None:
        for name in (choice.primary, *(choice.fallbacks or ())):
            if name:
                yield Chosen(key, name)


def judged(models: Sequence[Chosen], *, others: bool) -> Iterator[Finding]:
    """Pure. `others`: people besides the owner may write."""
    level: Level = "warn" if others else "info"
    for each in models:
        name = each.name.rpartition("/")[2]
        sizes = [float(size) for size in _SIZE.findall(name)]
        if LEGACY.search(name):
            yield _model("models.legacy", "warn", each, "is of an older generation")
        elif sizes and max(sizes) < SMALL_BILLIONS:
            yield _model("models.small_params", level, each, f"is small ({max(sizes):g} billion parameters)")
        elif WEAK.search(name):
            yield _model("models.weak_tier", level, each, "is the smaller one of its kind")


def _model(id: str, level: Level, each: Chosen, how: str) -> Finding:
    return Finding(
        id,
        level,
        f"{each.name} ({each.key}) {how}.",
        "Such models are talked into things more easily; the gates hold, and they are asked more of.",
        "Use a larger model where others than you may write, or keep tools from it: tools.byProvider.",
    )
