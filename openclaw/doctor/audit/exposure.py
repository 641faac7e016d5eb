"""Files that others may read, listeners that others may reach, and tokens that others may guess."""

import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from pathlib import Path

from openclaw.doctor.checks.files import surveyed, synced_by
from openclaw.doctor.finding import Finding, Level, Narrow, Put
from openclaw.doctor.premises import Premises
from openclaw.doctor.references import secret_file
from openclaw.settings.checking.plaintext import plaintext_secrets
from openclaw.settings.checking.safety import Reveal, revealing
from openclaw.settings.model import Settings
from openclaw.types.errors import SecretError
from openclaw.types.secrets import SecretRef
from openclaw.web.guard import is_loopback

SHORT = 24
"""Characters; whoever may try ten a minute guesses none that is longer."""
LOOSE_ATTEMPTS = 1_000
OPENED = frozenset(
    {
        "*",
        "exec",
        "process",
        "sessions_spawn",
        "sessions_send",
        "subagents",
        "cron",
        "gateway",
        "group:runtime",
    }
)
"""What `/tools/invoke` keeps shut unless the config opens it."""


# -- files ------------------------------------------------------------------------------------------------


def files(premises: Premises) -> Iterator[Finding]:
    state = premises.paths.state
    if state.is_symlink():
        yield Finding(
            "fs.state_dir.symlink",
            "error",
            f"{state} is a link to another folder.",
            "Whoever can change the link decides what the assistant reads.",
            "Set OPENCLAW_STATE_DIR to the real folder.",
        )
        return
    if not state.is_dir():
        return
    survey = surveyed(state, [agent.workspace for agent in premises.agents()], premises.machine.uid)
    for kind, paths in _sorted(survey.open, premises).items():
        yield open_to_others(kind, {path: _mode(path) for path in paths})
    if premises.paths.config.is_symlink():
        yield Finding(
            "fs.config.symlink",
            "warn",
            f"{premises.paths.config} is a link to another file.",
            "Whoever can change the link decides what the assistant is told.",
            "Put the file itself there, or set OPENCLAW_CONFIG_PATH to the real one.",
        )
    if service := synced_by(state):
        yield Finding(
            "fs.synced_dir",
            "warn",
            f"{state} lies in a folder that {service} copies to other machines.",
            "Your keys and conversations go with it.",
            "Stop the assistant, move the folder to your home, and set OPENCLAW_STATE_DIR if it has another name.",
        )
    yield from _of_secrets(premises)


def _mode(path: Path) -> int:
    """Of a file that is gone meanwhile: nobody's."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _sorted(paths: Sequence[Path], premises: Premises) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(kind_of(path, premises.paths.state, premises.paths.config), []).append(path)
    return found


def kind_of(path: Path, state: Path, config: Path) -> str:
    """Pure. The part of the state that a file belongs to, as the audit names it."""
    if path == state:
        return "state_dir"
    if path == config:
        return "config"
    parts = path.relative_to(state).parts if path.is_relative_to(state) else ()
    if path.name == "auth-profiles.json":
        return "auth_profiles"
    if parts[:1] == ("credentials",):
        return "credentials_dir"
    if "sessions" in parts[:3] or path.name.startswith("ledger.sqlite"):
        return "sessions_store"
    return "log_file" if parts[:1] == ("logs",) else "state"


def open_to_others(kind: str, modes: Mapping[Path, int]) -> Finding:
    """Pure. Files of one part of the state that others may read or change."""
    all_bits = reduce(or_, modes.values(), 0)
    name, level = _named(kind, all_bits)
    first = next(iter(modes))
    shown = str(first) if len(modes) == 1 else f"{len(modes):,} files, {first} among them"
    return Finding(
        f"fs.{kind}.{name}",
        level,
        f"Other users of this machine may {'change' if all_bits & 0o022 else 'read'} {shown}.",
        "There are your conversations and keys.",
        "openclaw security audit --fix",
        Narrow(tuple(modes)),
    )


def _named(kind: str, mode: int) -> tuple[str, Level]:
    """As the original calls it, and how bad it is."""
    if kind == "state_dir" and mode & 0o022:
        return ("perms_world_writable", "error") if mode & 0o002 else ("perms_group_writable", "warn")
    if mode & 0o022:
        return "perms_writable", "error"
    if kind == "config":
        return ("perms_world_readable", "error") if mode & 0o007 else ("perms_group_readable", "warn")
    return "perms_readable", "warn"


def _of_secrets(premises: Premises) -> Iterator[Finding]:
    written = premises.loaded.written if premises.loaded is not None else {}
    for key in plaintext_secrets(written):
        names = {"hooks.token": "config.secrets.hooks_token_in_config"}
        yield Finding(
            names.get(key, "config.secrets.plaintext"),
            "warn",
            f"{key} stands in the config as plain text.",
            "It is in each copy of that file too.",
            f"openclaw secrets move {key}",
        )


# -- listeners and tokens ---------------------------------------------------------------------------------


def gateway(premises: Premises) -> Iterator[Finding]:
    settings, reveal = premises.settings, _revealing(premises)
    yield from listening(settings)
    yield from tokens(settings, reveal)
    yield from opened(settings)


def _revealing(premises: Premises) -> Reveal:
    """The token that the first start has yet to make is none to complain of."""
    known = revealing(premises.environ)

    def reveal(reference: SecretRef | None) -> str:
        file = secret_file(reference, premises.environ) if reference is not None else None
        if file == premises.paths.gateway_token and not file.exists():
            return ""
        try:
            return known(reference)
        except SecretError:
            return ""

    return reveal


def is_exposed(settings: Settings) -> bool:
    """Pure. Whether other machines reach the control plane."""
    gateway = settings.gateway
    if gateway.bind == "custom":
        return not is_loopback(gateway.custom_bind_host or "127.0.0.1")
    return gateway.bind not in {"loopback", "auto"}


def listening(settings: Settings) -> Iterator[Finding]:
    """Pure."""
    gateway = settings.gateway
    exposed, shut = is_exposed(settings), gateway.auth.mode != "none"
    if exposed and not shut:
        yield Finding(
            "gateway.bind_no_auth",
            "error",
            f'The control plane listens for other machines (gateway.bind "{gateway.bind}") and asks for no token.',
            "Anybody on the network could do everything that you can; the assistant does not start like this.",
            "openclaw config set gateway.bind loopback",
            Put(("gateway", "bind"), "loopback"),
        )
    elif exposed:
        yield Finding(
            "gateway.bind_network",
            "warn",
            f'The control plane listens for other machines (gateway.bind "{gateway.bind}").',
            "Only its token stands between them and everything that you can do.",
            "openclaw config set gateway.bind loopback, and reach it by a tunnel of your own (ssh, Tailscale)",
        )
    elif not shut:
        yield Finding(
            "gateway.loopback_no_auth",
            "error",
            "Every program on this machine may command the assistant (gateway.auth.mode none).",
            "A game, a browser's add-on, another user: all of them have your authority.",
            "openclaw config set gateway.auth.mode token",
        )
    yield from _doors(settings, exposed=exposed, shut=shut)


def _doors(settings: Settings, *, exposed: bool, shut: bool) -> Iterator[Finding]:
    gateway = settings.gateway
    if not shut and gateway.http.endpoints.chat_completions.enabled:
        yield Finding(
            "gateway.http.no_auth",
            "error" if exposed else "warn",
            "The OpenAI-compatible API answers without a token.",
            "Whoever reaches it talks to the assistant with your authority, at your cost.",
            "openclaw config set gateway.auth.mode token",
        )
    limit = gateway.auth.rate_limit
    if exposed and limit.max_attempts >= LOOSE_ATTEMPTS:
        yield Finding(
            "gateway.auth_no_rate_limit",
            "warn",
            "Wrong tokens are hardly slowed down (gateway.auth.rateLimit).",
            "A token can be guessed by whoever may try for long enough.",
            "openclaw config unset gateway.auth.rateLimit",
        )


def tokens(settings: Settings, reveal: Reveal) -> Iterator[Finding]:
    """Pure but for `reveal`."""
    gateway, hooks = settings.gateway, settings.hooks
    control, hook = reveal(gateway.auth.token), reveal(hooks.token)
    sales = settings.channels.salesmsg
    of_sales = reveal(sales.webhook_token) if sales is not None and sales.enabled else ""
    named = (
        ("gateway.token_too_short", "gateway.auth.token", control),
        ("hooks.token_too_short", "hooks.token", hook),
        ("channels.salesmsg.token_too_short", "channels.salesmsg.webhookToken", of_sales),
    )
    for name, key, token in named:
        if 0 < len(token) < SHORT:
            yield Finding(
                name,
                "warn",
                f"{key} has only {len(token)} characters.",
                "A short token can be guessed.",
                f"openclaw secrets set {key}, with {SHORT} or more random letters and digits",
            )
    if hook and hook == control:
        yield Finding(
            "hooks.token_reuse_gateway_token",
            "error",
            "hooks.token is the same as gateway.auth.token.",
            "Whoever may call a hook could do everything; the assistant does not start like this.",
            "openclaw secrets set hooks.token",
        )
    if hook and not hooks.allowed_agent_ids and len(settings.agents.list) > 1:
        yield Finding(
            "hooks.allowed_agent_ids_unrestricted",
            "warn",
            "Whoever calls a hook may choose any of your agents.",
            "One of them may be allowed more than the others.",
            "openclaw config set hooks.allowedAgentIds '[\"main\"]'",
        )


def opened(settings: Settings) -> Iterator[Finding]:
    """Pure."""
    gateway = settings.gateway
    if wide := sorted(OPENED & set(gateway.tools.allow)):
        yield Finding(
            "gateway.tools_invoke_http.dangerous_allow",
            "error" if is_exposed(settings) else "warn",
            f"Programs with the token may call {', '.join(wide)} over HTTP (gateway.tools.allow).",
            "With the token alone somebody runs commands; no conversation shows it.",
            "openclaw config unset gateway.tools.allow",
        )
    origins = gateway.control_ui.allowed_origins
    if "*" in origins:
        kept = tuple(origin for origin in origins if origin != "*")
        yield Finding(
            "gateway.control_ui.allowed_origins_wildcard",
            "warn",
            "gateway.controlUi.allowedOrigins holds *, which lets in nobody here and anybody in the original.",
            "It is not what it looks like.",
            "openclaw security audit --fix",
            Put(("gateway", "controlUi", "allowedOrigins"), kept),
        )
    for origin in origins:
        host = origin.removeprefix("http://").partition(":")[0]
        if origin.startswith("http://") and not is_loopback(host) and host != "localhost":
            yield Finding(
                "gateway.control_ui.allowed_origins_plain_http",
                "warn",
                f"The page {origin} may connect, and is not encrypted.",
                "On its way through the network somebody can put his own page in its place.",
                "Serve it by https, or take it out of gateway.controlUi.allowedOrigins.",
            )
    yield from _flags(settings)


def _flags(settings: Settings) -> Iterator[Finding]:
    for mapping in settings.hooks.mappings:
        if mapping.allow_unsafe_external_content:
            yield Finding(
                "config.insecure_or_dangerous_flags",
                "warn",
                f"What comes by the hook {mapping.path} counts as your own word (allowUnsafeExternalContent).",
                "Whoever can write what it carries, an e-mail for instance, commands the assistant.",
                "Take allowUnsafeExternalContent out of that mapping.",
            )
    if settings.logging.redact_sensitive == "off":
        yield Finding(
            "logging.redact_off",
            "warn",
            "What only looks like a secret is written to the log (logging.redactSensitive off).",
            "Logs are copied and shown to others.",
            "openclaw config unset logging.redactSensitive",
            Put(("logging", "redactSensitive"), "tools"),
        )


def process(premises: Premises) -> Iterator[Finding]:
    if premises.machine.uid == 0:
        yield Finding(
            "process.root",
            "warn",
            "This runs as root, the machine's administrator.",
            "A mistake, or somebody who talks the assistant into something, reaches everything on it.",
            "Make a user of its own for it, and let that one run it.",
        )
