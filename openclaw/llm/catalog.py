"""Which vendors and models there are, how much fits into a model, and what it costs. Pure."""

import re
from dataclasses import dataclass, replace
from functools import reduce
from ipaddress import ip_address
from urllib.parse import urlsplit

from openclaw.llm.config import ModelCost, ModelEntry, ModelsConfig, ProviderEntry
from openclaw.llm.thinking import claude
from openclaw.types.conversation import Usage

DEFAULT_PROVIDER = "anthropic"
DEFAULT_MODEL = "anthropic/claude-opus-4-6"
OFFLINE_MODEL = "offline/offline"


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who is reached when the config names a provider and no address."""

    api: str
    base_url: str


VENDORS = {
    "anthropic": Vendor("anthropic-messages", "https://api.anthropic.com"),
    "openai": Vendor("openai-completions", "https://api.openai.com/v1"),
    "openrouter": Vendor("openai-completions", "https://openrouter.ai/api/v1"),
}
_VENDOR_HOSTS = frozenset(urlsplit(vendor.base_url).hostname for vendor in VENDORS.values())


def is_vendors_own(base_url: str) -> bool:
    """Whether requests go to the vendor itself, not to a proxy in front of it."""
    return urlsplit(base_url).hostname in _VENDOR_HOSTS


def is_loopback(base_url: str) -> bool:
    """Whether requests stay on this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def needs_key(api: str, base_url: str) -> bool:
    """Ollama, LM Studio and the like, on one's own machine, ask for none."""
    return api != "openai-completions" or not is_loopback(base_url)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float


@dataclass(frozen=True, slots=True)
class LongPrompt:
    """A request whose prompt is longer than this pays another price for all of its tokens."""

    above: int
    price: Price


@dataclass(frozen=True, slots=True)
class ModelInfo:
    context_window: int
    max_output: int
    price: Price
    long_prompt: LongPrompt | None = None
    reasoning: bool = False
    """Whether it can be told how much to think."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


def _price(input: float, output: float, cache_read: float = 0.1) -> Price:
    """`cache_read` is a share of `input`; writing to the five-minute cache costs a quarter more."""
    return Price(input, output, round(input * cache_read, 6), input * 1.25)


_FREE = Price(0, 0, 0, 0)
_OPUS = _price(5, 25)
_FABLE = _price(10, 50)
_LONG_HAIKU = LongPrompt(100_000, _price(0.5, 2.5))

# Anthropic's published prices and limits as of November 2026. Models whose price is not published yet are
# listed for their limits only and count at the dearest price.
_KNOWN: dict[str, ModelInfo] = {
    "claude-fable-5-1": ModelInfo(1_000_000, 128_000, _price(10, 50, 0.025)),
    "claude-mythos-5-1": ModelInfo(1_000_000, 128_000, _price(10, 50, 0.025)),
    "claude-fable-5": ModelInfo(1_000_000, 128_000, _FABLE),
    "claude-mythos-5": ModelInfo(1_000_000, 128_000, _FABLE),
    "claude-opus-5-5": ModelInfo(1_000_000, 128_000, _price(4, 20, 0.05)),
    "claude-opus-5": ModelInfo(1_000_000, 128_000, _OPUS),
    "claude-opus-4-8": ModelInfo(1_000_000, 128_000, _OPUS),
    "claude-opus-4-7": ModelInfo(1_000_000, 128_000, _OPUS),
    "claude-opus-4-6": ModelInfo(1_000_000, 128_000, _OPUS),
    "claude-opus-4-5": ModelInfo(200_000, 64_000, _OPUS),
    "claude-sonnet-5-5": ModelInfo(1_000_000, 128_000, _price(2, 10, 0.05)),
    "claude-sonnet-5": ModelInfo(1_000_000, 128_000, _price(2, 10)),
    "claude-sonnet-4-6": ModelInfo(1_000_000, 64_000, _price(3, 15)),
    "claude-sonnet-4-5": ModelInfo(200_000, 64_000, _price(3, 15)),
    "claude-haiku-5-5": ModelInfo(1_000_000, 128_000, _price(0.1, 0.5), _LONG_HAIKU),
    "claude-haiku-4-5": ModelInfo(200_000, 64_000, _price(1, 5)),
}


def _gpt(input: float, output: float, cache_read: float = 0.1) -> ModelInfo:
    long = Price(2 * input, 1.5 * output, round(2 * input * cache_read, 6), 2.5 * input)
    price = _price(input, output, cache_read)
    return ModelInfo(922_000, 128_000, price, LongPrompt(272_000, long), reasoning=True)


def _older_gpt(input: float, output: float) -> ModelInfo:
    return ModelInfo(272_000, 128_000, _price(input, output), reasoning=True)


# OpenAI's published prices and limits as of November 2026, of the models that its Chat Completions API serves. The
# window is what a prompt may take of it: from GPT-5 on, the rest is kept for the reply.
_KNOWN |= {
    "gpt-6.2-astra": _gpt(8, 40),
    "gpt-6.2-sol": _gpt(2, 10),
    "gpt-6.1-sol": _gpt(2, 10, 0.05),
    "gpt-6.1-terra": _gpt(1, 5, 0.05),
    "gpt-6-astra": _gpt(10, 50),
    "gpt-6-sol": _gpt(2, 10),
    "gpt-6-luna": _gpt(0.1, 0.5),
    "gpt-5.6-sol": _gpt(4, 20),
    "gpt-5.6-terra": _gpt(2, 12),
    "gpt-5.6-luna": _gpt(0.2, 1.2),
    "gpt-5.5": _gpt(5, 30),
    "gpt-5.4": _gpt(2.5, 15),
    "gpt-5.4-mini": _older_gpt(0.75, 4.5),
    "gpt-5.4-nano": _older_gpt(0.2, 1.25),
    "gpt-5.2": _older_gpt(1.75, 14),
    "gpt-5.1": _older_gpt(1.25, 10),
    "gpt-5": _older_gpt(1.25, 10),
    "gpt-5-mini": _older_gpt(0.25, 2),
    "gpt-5-nano": _older_gpt(0.05, 0.4),
    "o3": ModelInfo(200_000, 100_000, _price(2, 8, 0.25), reasoning=True),
    "gpt-4.1": ModelInfo(1_047_576, 32_768, _price(2, 8, 0.25)),
    "gpt-4.1-mini": ModelInfo(1_047_576, 32_768, _price(0.4, 1.6, 0.25)),
    "gpt-4o": ModelInfo(128_000, 16_384, _price(2.5, 10, 0.5)),
    "gpt-4o-mini": ModelInfo(128_000, 16_384, _price(0.15, 0.6, 0.5)),
}
_UNPRICED = {"claude-fable-5-2": (1_000_000, 128_000), "claude-mythos-5-2": (1_000_000, 128_000)}
_UNKNOWN_LIMITS = (200_000, 32_000)

SNAPSHOT = re.compile(r"-(\d{8}|\d{4}-\d\d-\d\d|latest)$")
_DOTTED = re.compile(r"(?<=\d)\.(?=\d)")


def parse_ref(text: str | None, config: ModelsConfig) -> ModelRef:
    """`provider/model`, or a bare name. Case does not matter where we know how the name is written."""
    provider, slash, model = (text or DEFAULT_MODEL).strip().partition("/")
    if not slash:
        provider, model = _home(provider, config), provider
    provider = provider.strip().lower()
    listed = find_entry(provider, model, config)
    if listed is not None:
        return ModelRef(provider, listed.id)
    # Servers with models of other houses may tell `Qwen` from `qwen`.
    return ModelRef(provider, model.strip().lower() if provider == DEFAULT_PROVIDER else model.strip())


def _home(model: str, config: ModelsConfig) -> str:
    """The provider of a bare name: the only one that lists it, else the default."""
    if model.strip().lower() == "offline":
        return "offline"
    homes = [name for name in config.providers if find_entry(name, model, config) is not None]
    return homes[0] if len(homes) == 1 else DEFAULT_PROVIDER


def find_provider(name: str, config: ModelsConfig) -> ProviderEntry | None:
    wanted = name.strip().lower()
    return next((entry for key, entry in config.providers.items() if key.lower() == wanted), None)


def find_entry(provider: str, model: str, config: ModelsConfig) -> ModelEntry | None:
    wanted = model.strip().lower()
    models = entry.models if (entry := find_provider(provider, config)) is not None else ()
    return next((entry for entry in models if entry.id.lower() == wanted), None)


def known_models(config: ModelsConfig) -> tuple[ModelRef, ...]:
    """Those of the config, then the vendors' own that we know: Anthropic's, and another's where it is configured."""
    listed = [
        ModelRef(name.lower(), entry.id) for name, each in config.providers.items() for entry in each.models
    ]
    if config.mode == "merge":
        homes = ((name, "anthropic" if name.startswith("claude-") else "openai") for name in _KNOWN)
        listed += [
            ModelRef(home, name)
            for name, home in homes
            if home == DEFAULT_PROVIDER or find_provider(home, config) is not None
        ]
    return tuple(dict.fromkeys(listed))


def model_info(ref: ModelRef, config: ModelsConfig) -> ModelInfo:
    """The config's word first, then the built-in table; without a price, the dearest one there is."""
    if str(ref) == OFFLINE_MODEL:
        return ModelInfo(200_000, 8_096, _FREE)
    built_in = _built_in(ref, config)
    entry = find_entry(ref.provider, ref.model, config)
    if entry is None:
        return built_in
    price = built_in.price if entry.cost is None else _configured(entry.cost)
    return ModelInfo(
        entry.context_window or built_in.context_window,
        entry.max_tokens or built_in.max_output,
        price,
        built_in.long_prompt if entry.cost is None else None,
        built_in.reasoning or entry.reasoning,
    )


def _built_in(ref: ModelRef, config: ModelsConfig) -> ModelInfo:
    name = SNAPSHOT.sub("", ref.model.lower())
    # A proxy in front of the vendor often keeps the vendor's names: `anthropic/claude-opus-4-6`.
    name = name.rpartition("/")[2]
    if name.startswith("claude-"):
        name = _DOTTED.sub("-", name)  # OpenRouter writes `claude-opus-4.6`
    reasoning = claude(name) is not None
    if config.mode == "merge" and (known := _KNOWN.get(name)) is not None:
        return replace(known, reasoning=known.reasoning or reasoning)
    window, output = _UNPRICED.get(name, _UNKNOWN_LIMITS)
    return ModelInfo(window, output, dearest_price(config), reasoning=reasoning)


def dearest_price(config: ModelsConfig) -> Price:
    prices = [info.price for info in _KNOWN.values()]
    entries = (model for provider in config.providers.values() for model in provider.models)
    prices += [_configured(entry.cost) for entry in entries if entry.cost is not None]
    return reduce(_dearer, prices)


def _dearer(one: Price, other: Price) -> Price:
    return Price(
        max(one.input, other.input),
        max(one.output, other.output),
        max(one.cache_read, other.cache_read),
        max(one.cache_write, other.cache_write),
    )


def _configured(cost: ModelCost) -> Price:
    usual = _price(cost.input, cost.output)
    return Price(
        cost.input,
        cost.output,
        usual.cache_read if cost.cache_read is None else cost.cache_read,
        usual.cache_write if cost.cache_write is None else cost.cache_write,
    )


def cost(usage: Usage, info: ModelInfo) -> float:
    """US dollars for one request."""
    long = info.long_prompt
    price = long.price if long is not None and usage.prompt > long.above else info.price
    millionths = (
        usage.input * price.input
        + usage.output * price.output
        + usage.cache_read * price.cache_read
        + usage.cache_write * price.cache_write
    )
    return millionths / 1_000_000
