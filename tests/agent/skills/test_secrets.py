import json

import pytest

from openclaw.agent.config import SkillEntry, SkillsConfig
from openclaw.agent.skills.secrets import HandedConfig, SkillSecrets, is_harmless_name
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef
from tests.agent.skills.made import skill

CONFIG = SkillsConfig.model_validate(
    {
        "entries": {
            "tea": {
                "apiKey": "env:TEA",
                "env": {"TEA_HOUSE": "env:HOUSE", "PATH": "/evil", "LD_PRELOAD": "x"},
            },
            "walk": {"env": {"TEA_HOUSE": "other", "DOG": "Rex"}},
        }
    }
)


class Vault:
    """References by their text; a plain value stands for itself."""

    def __init__(self, **known: str) -> None:
        self.known = known

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if reference.is_plain:
            return Secret(reference.text)
        try:
            return Secret(self.known[reference.text.removeprefix("env:")])
        except KeyError:
            raise SecretError(f"{reference.text} is not set") from None


VAULT = Vault(TEA="leaf-1", HOUSE="leaf-2")


async def test_a_run_gets_the_variables_of_the_skills_it_uses_and_of_no_others() -> None:
    secrets = SkillSecrets(CONFIG, VAULT)
    tea, walk = skill("tea", primary_env="TEA_KEY"), skill("walk")

    assert await secrets.skill_env([tea]) == {"TEA_HOUSE": "leaf-2", "TEA_KEY": "leaf-1"}
    assert await secrets.skill_env([walk]) == {"TEA_HOUSE": "other", "DOG": "Rex"}
    assert (await secrets.skill_env([tea, walk]))["TEA_HOUSE"] == "leaf-2"
    assert await secrets.skill_env([]) == {}
    assert await secrets.skill_env([skill("stranger", primary_env="TEA_KEY")]) == {}


async def test_a_variable_that_the_process_has_stays_as_it_is() -> None:
    secrets = SkillSecrets(CONFIG, VAULT, present={"DOG"})

    assert await secrets.skill_env([skill("walk")]) == {"TEA_HOUSE": "other"}


async def test_a_secret_that_cannot_be_read_is_told() -> None:
    with pytest.raises(SecretError, match="env:TEA is not set"):
        await SkillSecrets(CONFIG, Vault(HOUSE="x")).skill_env([skill("tea", primary_env="TEA_KEY")])


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("TEA_KEY", True), ("_x", True), ("PATHS", True),
        ("PATH", False), ("path", False), ("LD_PRELOAD", False),
        ("DYLD_INSERT_LIBRARIES", False), ("PYTHONPATH", False), ("NODE_OPTIONS", False), ("BASH_ENV", False),
        ("HTTPS_PROXY", False), ("GIT_SSH_COMMAND", False), ("OPENCLAW_STATE_DIR", False),
        ("A=B", False), ("1A", False),
        ("BASH_FUNC_ls%%", False), ("", False),
    ],
)  # fmt: skip
def test_names_that_steer_programs_are_not_a_skill_s(name: str, harmless: bool) -> None:
    assert is_harmless_name(name) is harmless


async def test_functions_are_handed_the_plain_values_when_they_are_called() -> None:
    vault = Vault(TEA="leaf-1", HOUSE="leaf-2")
    entry = SkillEntry.model_validate(
        {"apiKey": "env:TEA", "env": {"H": "env:HOUSE"}, "config": {"base": "https://example.org"}}
    )
    config = HandedConfig(entry, vault)
    assert config == {"base": "https://example.org"}

    await config.refresh()
    first = json.dumps(config)
    vault.known["TEA"] = "leaf-3"
    await config.refresh()

    assert json.loads(first) == {"base": "https://example.org", "apiKey": "leaf-1", "env": {"H": "leaf-2"}}
    assert config["apiKey"] == "leaf-3"
    assert "leaf" not in f"{config} {config!r}"


async def test_without_a_resolver_there_are_no_secrets() -> None:
    config = HandedConfig(SkillEntry.model_validate({"apiKey": "env:TEA", "config": {"a": 1}}), None)
    await config.refresh()

    assert config == {"a": 1}
