"""The keys of the original OpenClaw that an existing file may hold. `*` stands for any name or number."""

from openclaw.settings.problems import Key

_TABLE: tuple[tuple[str, str], ...] = (
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
        "defaults modelByChannel whatsapp telegram discord slack signal imessage googlechat msteams irc",
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
)

READ_ELSEWHERE = frozenset({"$schema", "meta", "wizard", "env", "secrets"})
"""At the top of the file: read before the models are asked, or written by tools; nobody's mistake."""


def known_to_original(key: Key) -> bool:
    above, name = key[:-1], str(key[-1])
    return any(name in names.split() for path, names in _TABLE if _is(path, above))


def _is(path: str, key: Key) -> bool:
    steps = path.split(".") if path else []
    return len(steps) == len(key) and all(
        step in ("*", str(part)) for step, part in zip(steps, key, strict=True)
    )
