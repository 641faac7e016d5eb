"""What is there before the first question. Makes nothing, so that who breaks off leaves nothing. Blocks."""

from pathlib import Path
from typing import TYPE_CHECKING

from openclaw.cli.onboarding.answers import Present
from openclaw.cli.onboarding.reading import MODELS, name_in

if TYPE_CHECKING:
    from openclaw.settings.loading import Loaded
    from openclaw.types.secrets import SecretRef

_KINDS = {
    "file": "a file of its own",
    "op": "1Password",
    "keychain": "the keychain",
    "exec": "your own program",
}


def present(loaded: "Loaded") -> Present:
    from openclaw.agent.config import roster
    from openclaw.llm.catalog import VENDORS, find_provider
    from openclaw.ops.supervisor.condition import condition
    from openclaw.ops.supervisor.surroundings import look

    settings, telegram = loaded.settings, loaded.settings.channels.telegram
    entries = {name: find_provider(name, settings.models) for name in MODELS}
    keys = {name: each.api_key for name, each in entries.items() if each is not None and each.api_key}
    chosen = settings.agents.defaults.model
    model = (chosen.primary or "") if chosen is not None else ""
    wanted = model.partition("/")[0]
    provider = wanted if wanted in keys else next(iter(keys), "")
    workspace = roster(settings.agents, loaded.paths.state)[0].workspace
    around = look(loaded.environ)
    return Present(
        workspace,
        provider,
        where(keys[provider]) if provider else "",
        model,
        bool(chosen is not None and chosen.fallbacks),
        name_in(_text(workspace / "USER.md")),
        where(telegram.token) if telegram is not None and telegram.token is not None else "",
        tuple(telegram.allow_from) if telegram is not None else (),
        condition(around).installed,
        around.obstacle,
        {
            name: (each.base_url if each is not None and each.base_url else VENDORS[name].base_url)
            for name, each in entries.items()
        },
        telegram.api_root if telegram is not None else "https://api.telegram.org",
    )


def where(reference: "SecretRef") -> str:
    """Pure. In words, without the secret."""
    if reference.is_plain:
        return "the config file"
    scheme, _, rest = reference.text.partition(":")
    return f"the variable {rest}" if scheme == "env" else _KINDS[scheme]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
