from dataclasses import replace
from typing import Any

import pytest

from openclaw.agent.tools.jobs import JobMaker
from openclaw.gateway.jobs.errand import (
    Due,
    address_of,
    errand,
    last_address,
    owner_address,
    owner_on,
    run_key,
)
from openclaw.gateway.jobs.job import AgentTurn, Job, JobDelivery
from openclaw.types.messages import Address
from tests.gateway.harness import MEMBER, OWNER, to
from tests.gateway.jobs.jobhouse import ADA, BOB, MACHINE, OWNERS, ZONE
from tests.gateway.jobs.test_shapes import SYDNEY, parsed
from tests.gateway.scripted import NOW

GROUP = Address("telegram", "-100", thread="7")
GROUP_KEY = "agent:main:telegram:group:-100:topic:7"
IN_GROUP = replace(ADA, session_key=GROUP_KEY, reply_to=GROUP, chat_type="group")
SPOKEN: dict[str, dict[str, Any]] = {
    "agent:main:main": {"deliveryContext": {"channel": "telegram", "to": OWNER, "accountId": "work"}},
    GROUP_KEY: {
        "deliveryContext": {"channel": "telegram", "to": "-100", "accountId": "default", "threadId": "7"}
    },
}
AT_WORK = Address("telegram", OWNER, "work")


def job(maker: JobMaker = ADA, **fields: Any) -> Job:
    made = replace(parsed(), maker=maker)
    if "target" not in fields and maker.session_key != "agent:main:main":
        fields["target"] = f"session:{maker.session_key}"
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("made", "address"),
    [
        (job(), to(OWNER)),
        (job(delivery=JobDelivery("none")), None),
        (job(delivery=JobDelivery("webhook", to="https://example.org")), None),
        (job(MACHINE), AT_WORK),
        (job(target="isolated"), to(OWNER)),
        (job(MACHINE, target="isolated"), AT_WORK),
        (job(IN_GROUP), GROUP),
        # What is said in the private conversation is not answered in the group.
        (job(IN_GROUP, target="main"), AT_WORK),
        (job(target=f"session:{GROUP_KEY}"), GROUP),
        (job(target="session:agent:main:direct:nobody"), None),
        (job(BOB), to(MEMBER)),
        (job(replace(BOB, reply_to=None)), None),
        (job(delivery=JobDelivery(channel="telegram", to="55")), Address("telegram", "55")),
        (
            job(delivery=JobDelivery(to="55", account="work", thread="9")),
            Address("telegram", "55", "work", "9"),
        ),
        (job(delivery=JobDelivery(channel="telegram")), to(OWNER)),
        (job(delivery=JobDelivery(channel="sms")), None),
        (job(BOB, delivery=JobDelivery(channel="sms")), None),
    ],
)
def test_the_answer_goes_where_it_belongs(made: Job, address: Address | None) -> None:
    assert address_of(made, SPOKEN.get, OWNERS) == address


def test_the_owner_is_reached_where_he_last_spoke_else_on_a_channel_of_his() -> None:
    assert owner_address("main", SPOKEN.get, OWNERS) == AT_WORK
    stranger = {"agent:main:main": {"deliveryContext": {"channel": "telegram", "to": "-100"}}}
    assert owner_address("main", stranger.get, OWNERS) == to(OWNER), "a group is not the owner"
    assert owner_address("main", lambda key: None, ()) is None
    assert owner_on("sms", ("telegram:1", "sms:+12015550123")) == Address("sms", "+12015550123")


@pytest.mark.parametrize(
    "entry", [None, {}, {"deliveryContext": {"channel": "telegram"}}, {"deliveryContext": "x"}]
)
def test_a_session_in_which_nobody_spoke_has_no_address(entry: dict[str, Any] | None) -> None:
    assert last_address(entry) is None


def ask(made: Job, address: Address | None = None, late_ms: int = 0) -> Any:
    return errand(made, Due(run_key(made.id, NOW), NOW, NOW + late_ms), address, "owner", (SYDNEY, ZONE))


def test_it_speaks_for_its_maker_under_its_own_key() -> None:
    event = ask(job(replace(ADA, provenance="web")), to(OWNER))
    assert (event.channel, event.sender.id, event.role, event.provenance) == (
        "cron",
        f"telegram:{OWNER}",
        "owner",
        "web",
    )
    assert (event.run_id, event.session_key, event.reply_to) == (
        f"cron:job_1:{NOW}",
        "agent:main:main",
        to(OWNER),
    )
    assert event.text.startswith(
        "[cron:job_1 Reminder: call Ana.] Reminder: call Ana.\n\n(A job of yours is due;"
    )
    assert not event.operator


def test_only_what_is_really_late_says_so() -> None:
    assert "It was due at" not in ask(job(), late_ms=299_000).text
    assert (
        "(It was due at 2026-02-27 20:00 Australia/Sydney (2 h ago).)" in ask(job(), late_ms=7_200_000).text
    )


def test_a_task_brings_its_model_and_a_light_context() -> None:
    made = job(target="isolated", payload=AgentTurn("look", "haiku", "high"))
    assert ask(made).settings == {
        "queueMode": "followup", "modelOverride": "haiku", "providerOverride": None, "thinkingLevel": "high",
        "contextMode": "light",
    }  # fmt: skip
    assert ask(job()).settings == {"queueMode": "followup"}


def test_what_others_read_is_not_written_out_of_the_owners_memory() -> None:
    assert ask(job(), to(OWNER)).chat_type == "direct"
    assert ask(job(IN_GROUP), GROUP).chat_type == "group"
    other = JobDelivery(channel="telegram", to="55")
    assert ask(job(delivery=other), Address("telegram", "55")).chat_type == "group"
    assert ask(job(MACHINE, delivery=other), Address("telegram", "55")).chat_type == "group"
    assert ask(job(IN_GROUP, target="main"), AT_WORK).chat_type == "direct"
    assert (
        ask(job(target="session:agent:main:telegram:direct:55"), Address("telegram", "55")).chat_type
        == "group"
    )
