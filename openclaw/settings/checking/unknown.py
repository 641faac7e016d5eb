"""Keys of the file that no model knows: told once, with the nearest that one does, and otherwise without effect."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openclaw.channels.registry import channel_names
from openclaw.settings.problems import Key, Problem, Raw, dotted

if TYPE_CHECKING:
    from openclaw.settings.shape import Shape

_ORIGINAL: tuple[tuple[str, str], ...] = (
    (
        "",
        "gateway channels web agents bindings broadcast session messages commands tools models auth skills plugins"
        " cron hooks logging approvals browser canvasHost discovery ui talk memory mcp identity"
        " diagnostics update nodeHost audio media routing heartbeat cli acp whatsapp telegram"
        " budgets sendPolicy compliance ops llm delivery webhooks",
    ),
    (
        "gateway",
        "mode port bind customBindHost auth trustedProxies allowRealIpFallback tailscale tls controlUi remote reload"
        " http tools nodes channelHealthCheckMinutes publicOrigin roles terminal cliAgents push",
    ),
    ("gateway.auth", "mode token password allowTailscale trustedProxy rateLimit identityScopes"),
    (
        "gateway.controlUi",
        "enabled basePath root allowedOrigins allowInsecureAuth dangerouslyDisableDeviceAuth"
        " dangerouslyAllowHostHeaderOriginFallback",
    ),
    ("gateway.reload", "mode debounceMs deferralTimeoutMs"),
    ("gateway.http", "endpoints securityHeaders"),
    ("gateway.http.endpoints", "chatCompletions responses"),
    ("gateway.http.endpoints.*", "enabled maxBodyBytes maxUrlParts files images"),
    (
        "channels",
        "defaults whatsapp telegram discord slack signal imessage googlechat msteams irc",
    ),
    ("channels", "matrix mattermost line nostr feishu zalo bluebubbles sms voice salesmsg quo webchat"),
    (
        "channels.*",
        "name enabled capabilities markdown commands customCommands configWrites dmPolicy allowFrom defaultTo"
        " groupPolicy groupAllowFrom groups replyToMode historyLimit dmHistoryLimit dms textChunkLimit chunkMode"
        " streaming streamMode draftChunk blockStreaming blockStreamingCoalesce mediaMaxMb timeoutSeconds retry"
        " network proxy webhookUrl webhookSecret webhookPath webhookHost webhookPort actions reactionNotifications"
        " reactionLevel heartbeat linkPreview responsePrefix ackReaction accounts defaultAccount botToken tokenFile"
        " apiRoot trustedLocalFileRoots webhookCertPath richMessages errorPolicy",
    ),
    (
        "agents.defaults",
        "workspace repoRoot skipBootstrap bootstrapMaxChars bootstrapTotalMaxChars userTimezone timeFormat"
        " envelopeTimezone envelopeTimestamp envelopeElapsed contextTokens model imageModel models cliBackends"
        " memorySearch contextPruning compaction embeddedPi thinkingDefault verboseDefault elevatedDefault"
        " blockStreamingDefault blockStreamingBreak blockStreamingChunk blockStreamingCoalesce humanDelay"
        " timeoutSeconds mediaMaxMb imageMaxDimensionPx typingIntervalSeconds typingMode heartbeat maxConcurrent"
        " subagents sandbox",
    ),
    (
        "agents.list.*",
        "id default name workspace agentDir model params skills memorySearch humanDelay heartbeat identity groupChat"
        " subagents sandbox tools",
    ),
    ("bindings.*", "type agentId comment match session"),
    ("bindings.*.match", "channel accountId peer guildId teamId roles tier"),
    (
        "session",
        "scope dmScope groupScope identityLinks resetTriggers idleMinutes reset resetByType resetByChannel store"
        " typingMode typingIntervalSeconds parentForkMaxTokens mainKey sendPolicy agentToAgent threadBindings"
        " maintenance notifyOnCreate sharing",
    ),
    (
        "messages",
        "responsePrefix messagePrefix groupChat queue inbound ackReaction ackReactionScope removeAckAfterReply"
        " statusReactions suppressToolErrors tts",
    ),
    (
        "commands",
        "native nativeSkills text bash bashForegroundMs config debug restart useAccessGroups ownerAllowFrom"
        " ownerDisplay allowFrom",
    ),
    (
        "tools",
        "profile allow alsoAllow deny byProvider exec fs elevated loopDetection web media links sessions agentToAgent"
        " message subagents sandbox",
    ),
    ("models", "mode providers bedrockDiscovery"),
    ("models.providers.*", "baseUrl apiKey auth api headers authHeader models"),
    (
        "models.providers.*.models.*",
        "id name api reasoning input cost contextWindow maxTokens headers compat",
    ),
    ("auth", "profiles order cooldowns"),
    ("auth.profiles.*", "provider mode email"),
    ("skills", "allowBundled load install limits entries"),
    ("skills.load", "extraDirs watch watchDebounceMs"),
    (
        "hooks",
        "enabled token path maxBodyBytes defaultSessionKey allowRequestSessionKey allowedSessionKeyPrefixes"
        " allowedAgentIds presets transformsDir mappings gmail internal",
    ),
    ("logging", "level file consoleLevel consoleStyle redactSensitive redactPatterns"),
    ("secrets", "providers defaults resolution"),
    ("secrets.providers.*", "noOutputTimeoutMs"),
)
"""The keys of the original OpenClaw that an existing file may hold. `*` stands for any name or number."""

READ_ELSEWHERE = frozenset({"$schema", "meta", "wizard", "env"})
"""At the top of the file: read before the models are asked, or written by tools; nobody's mistake."""


@dataclass(slots=True)
class Tidied:
    raw: Raw
    unknown: list[tuple[Key, "Shape"]] = field(default_factory=list)
    """The keys, each with what may stand beside it."""


def tidied(raw: Raw, shape: "Shape") -> Tidied:
    """Without unknown keys and nulls, and with the names the models go by."""
    result = Tidied(raw)
    result.raw = _tidy(raw, shape, (), result)
    return result


def _tidy(value: Any, shape: "Shape", key: Key, result: Tidied) -> Any:
    if isinstance(value, list):
        below = [(item, shape.child(at)) for at, item in enumerate(value)]
        return [
            _tidy(item, child, (*key, at), result) if child else item
            for at, (item, child) in enumerate(below)
        ]
    if not isinstance(value, dict) or shape.raw:
        return value
    if not (shape.models or shape.values):
        return value
    kept: dict[str, Any] = {}
    for name, item in value.items():
        alias = shape.alias(name)
        child = shape.child(alias)
        if child is None or (shape.open() and alias not in shape.fields()):
            result.unknown.append(((*key, name), shape))
        if child is not None and item is not None and (alias == name or alias not in value):
            kept[alias] = _tidy(item, child, (*key, name), result)
    return kept


def unknown_keys(unknown: Iterable[tuple[Key, "Shape"]], root: "Shape") -> Iterator[Problem]:
    """A guess for each; one problem for all those that the original would understand."""
    originals: list[Key] = []
    for key, beside in unknown:
        if len(key) == 2 and key[0] == "channels" and key[1] in channel_names():
            continue
        if known_to_original(key):
            originals.append(key)
        elif key[0] not in READ_ELSEWHERE:
            guess = _guess(key, beside, root)
            mend = f"Did you mean {guess}?" if guess else "Check its name, or take it out."
            yield Problem(dotted(key), "warning", "there is no such key; it is ignored", mend)
    if originals:
        yield Problem(
            ", ".join(dotted(key) for key in originals),
            "warning",
            "known to the original OpenClaw, not used here yet",
            "Nothing needs to be done.",
        )


def _guess(key: Key, beside: "Shape", root: "Shape") -> str:
    name = str(key[-1])
    if likely := nearest(name, beside.fields()):
        return dotted((*key[:-1], likely))
    same = [path for path in _paths(root, ()) if str(path[-1]).casefold() == name.casefold()]
    return dotted(same[0]) if same else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """The likeliest of the names, or ''."""
    by_folded = {other.casefold(): other for other in names}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.7)
    return by_folded[found[0]] if found else ""


def _paths(shape: "Shape", key: Key) -> Iterator[Key]:
    """Every key there is outside maps and lists; the shallow ones first."""
    fields = shape.fields()
    for name in fields:
        yield (*key, name)
    for name, child in fields.items():
        if len(key) < 6:
            yield from _paths(child, (*key, name))


def known_to_original(key: Key) -> bool:
    above, name = key[:-1], str(key[-1])
    return any(name in names.split() for path, names in _ORIGINAL if _is(path, above))


def _is(path: str, key: Key) -> bool:
    steps = path.split(".") if path else []
    return len(steps) == len(key) and all(
        step in ("*", str(part)) for step, part in zip(steps, key, strict=True)
    )
