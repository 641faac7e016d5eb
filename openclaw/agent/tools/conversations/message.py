"""The tool `message`: words to somebody besides the answer of the turn."""

from dataclasses import replace

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, Tool, ToolInputError
from openclaw.agent.tools.conversations.arguments import MessageArguments
from openclaw.agent.tools.conversations.asking import AskingTool
from openclaw.agent.tools.conversations.port import Letter, Messenger
from openclaw.types.messages import Address

DESCRIPTION = (
    "Send a message on a channel, to somebody else or besides your answer. Your answer itself is sent without it. "
    "With media a file of the workspace goes along, here too: leave out the target. "
    "A message to anybody new may wait for the owner's word."
)


class MessageFamily:
    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        tool = AskingTool("message", DESCRIPTION, MessageArguments, self._judge, self._send, Effect.KEYED)
        self._tools: tuple[Tool, ...] = (tool,)

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        return self._tools

    def _judge(self, given: MessageArguments, scene: Scene) -> Act:
        to = self._to(given, scene)
        if not given.message.strip() and not given.media:
            raise ToolInputError("message is required; only a file may go without words")
        if given.dryRun:
            return Act(Kind.READ, recipient(to))
        if given.media:
            return Act(Kind.SEND_FILE, recipient(to), f"[file: {given.media}]\n{given.message}".rstrip())
        return Act(Kind.SEND, recipient(to), given.message)

    async def _send(self, given: MessageArguments, scene: Scene) -> str:
        to = self._to(given, scene)
        if given.dryRun:
            return f"It would go to {recipient(to)}."
        outbox_id = await self._messenger.send(Letter(to, given.message, given.media or ""), scene)
        return f"On its way to {recipient(to)} ({outbox_id})."

    def _to(self, given: MessageArguments, scene: Scene) -> Address:
        to = self._messenger.address(given.channel, given.target, given.accountId, scene)
        return replace(to, thread=given.threadId) if given.threadId else to


def recipient(to: Address) -> str:
    """`<channel>:<id>`, as the policy and the config name people."""
    return f"{to.channel}:{to.chat}"
