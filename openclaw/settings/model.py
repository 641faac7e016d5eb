"""Every part's own config, put together."""

from typing import Any

from pydantic import ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from openclaw.agent.config import AgentsConfig, SkillsConfig, ToolsConfig
from openclaw.agent.tools.mcp.config import McpConfig
from openclaw.channels.quo.config import QuoConfig
from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.sms.config import SmsConfig
from openclaw.channels.telegram.config import TelegramConfig
from openclaw.channels.voice.config import VoiceConfig, beside_sms
from openclaw.channels.whatsapp.config import WhatsAppConfig
from openclaw.channels.whatsapp.config import beside_sms as whatsapp_beside_sms
from openclaw.compliance.config import ComplianceConfig
from openclaw.gateway.config import (
    Binding,
    CommandsConfig,
    CronConfig,
    DeliveryConfig,
    MessagesConfig,
    OpsConfig,
    TraceConfig,
)
from openclaw.gateway.limits import BudgetsConfig, SendPolicyConfig
from openclaw.llm.config import AuthConfig, LlmConfig, ModelsConfig
from openclaw.logs import LoggingConfig
from openclaw.schema import ConfigPart
from openclaw.sessions.config import SessionConfig
from openclaw.settings.shape import Shape
from openclaw.settings.sources.config import SecretsConfig
from openclaw.store.config import BackupConfig
from openclaw.web.config import GatewayConfig, WebhooksConfig
from openclaw.web.hooks.config import HooksConfig


class ChannelsConfig(ConfigPart):
    """A channel starts when its block exists, unless it says `enabled: false`."""

    model_config = ConfigDict(extra="allow")

    telegram: TelegramConfig | None = None
    sms: SmsConfig | None = None
    voice: VoiceConfig | None = None
    salesmsg: SalesmsgConfig | None = None
    quo: QuoConfig | None = None
    whatsapp: WhatsAppConfig | None = None
    model_by_channel: dict[str, dict[str, str]] = {}
    """By channel, then by chat, `chat:topic:7` or `*`."""

    @model_validator(mode="before")
    @classmethod
    def _voice_beside_sms(cls, channels: object) -> object:
        return whatsapp_beside_sms(beside_sms(channels))

    def other(self, name: str) -> dict[str, Any] | None:
        """The block of a channel that a stranger's plugin brings, as it stands in the file."""
        block = (self.model_extra or {}).get(name)
        return block if isinstance(block, dict) else None


class Settings(BaseSettings):
    """Built by `loading` from the file and the environment together.

    Neither is left to the base class's own sources: they match names more strictly than the contract does, and stop
    at the first mistake where only its part must be switched off.
    """

    model_config = SettingsConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    gateway: GatewayConfig = GatewayConfig()
    webhooks: WebhooksConfig = WebhooksConfig()
    channels: ChannelsConfig = ChannelsConfig()
    models: ModelsConfig = ModelsConfig()
    auth: AuthConfig = AuthConfig()
    llm: LlmConfig = LlmConfig()
    agents: AgentsConfig = AgentsConfig()
    bindings: tuple[Binding, ...] = Field(default=())
    session: SessionConfig = SessionConfig()
    send_policy: SendPolicyConfig = SendPolicyConfig()
    budgets: BudgetsConfig = BudgetsConfig()
    commands: CommandsConfig = CommandsConfig()
    tools: ToolsConfig = ToolsConfig()
    skills: SkillsConfig = SkillsConfig()
    mcp: McpConfig = McpConfig()
    cron: CronConfig = CronConfig()
    messages: MessagesConfig = MessagesConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    compliance: ComplianceConfig = ComplianceConfig()
    traces: TraceConfig = TraceConfig()
    hooks: HooksConfig = HooksConfig()
    ops: OpsConfig = OpsConfig()
    backup: BackupConfig = BackupConfig()
    logging: LoggingConfig = LoggingConfig()
    secrets: SecretsConfig = SecretsConfig()


ROOT = Shape(models=(Settings,))
