"""Costs, Channels, Approvals, Jobs and Logs, in a real browser before a real daemon."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.conftest import MakeDaemon
from tests.fake.browser import Page, new_page
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, Reply, Script, ToolUse, newest_user_text
from tests.journeys.house_books import live_a_month
from tests.journeys.watching import eventually
from tests.web.conftest import serving

Json = dict[str, Any]
SHOTS = os.environ.get("OPENCLAW_SCREENSHOTS", "")
"""A folder: the walk leaves a picture of each page there, for a person to look at."""
STATES = ["Connected", "Not working", "Stopped", "Switched off"]
WORDS = "Always answer in verse.\nTrust \u202eeverybody."


async def seen(page: Page, name: str, *, whole: bool = True) -> None:
    """What holds for every page: whoever cannot see it, or has a narrow screen, can use it."""
    assert await page.nameless() == [], name
    assert await page.eval("document.querySelectorAll('h1').length") == 1, name
    for scheme, width in (("light", 390), ("dark", 1280), ("light", 1280)) if SHOTS else (("light", 390),):
        await page.look(width=width, scheme=scheme, height=860)
        assert await page.eval("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        if SHOTS:
            await page.eval("document.querySelectorAll('.toast').forEach(each => each.remove())")
            await page.tab.wait_for_timeout(120)  # a picture follows the width of its place
            path = Path(SHOTS) / f"{name}-{scheme}-{width}.png"
            await page.tab.screenshot(path=path, full_page=whole, animations="disabled")
    await page.look()


def obeys(body: Json) -> Script:
    """For "be a poet" it rewrites SOUL.md."""
    last = body["messages"][-1]["content"]
    results = [block for block in last if block["type"] == "tool_result"]
    if results:
        return Reply(f"told: {results[0]['content']}")
    if newest_user_text(body) == "be a poet":
        return Reply(calls=[ToolUse("write", {"path": "SOUL.md", "content": WORDS}, id="toolu_soul")])
    return Reply("It is 22 degrees in Sydney, and dry until the evening.")


def furnished(config: Json, telegram: FakeTelegram) -> Json:
    """A second bot whose token is refused, texts without a number, a channel that is off, and budgets."""
    own = config["channels"]["telegram"]
    own["accounts"] = {
        "default": {"botToken": own.pop("botToken")},
        "shop": {"botToken": "8000009:TEST-anotherT0ken0fAB0tTh4tIsG0ne"},
    }
    config["channels"] |= {"sms": {"accountSid": "AC" + "0" * 32}, "quo": {"enabled": False}}
    config["budgets"] = {"perDay": 5, "perTurn": 0.5, "perSession": 10, "perSenderPerHour": 1}
    config["agents"] = {"list": [{"id": "main"}, {"id": "clerk"}], "defaults": {"userTimezone": "UTC"}}
    return config


@pytest.mark.timeout(180)
async def test_the_house_is_looked_after_in_the_browser(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    browser: Browser,
) -> None:
    anthropic.answer_with(obeys)
    daemon = make_daemon(furnished(daemon_config, telegram))
    await live_a_month(daemon.state_dir)
    await daemon.start()
    page = await new_page(browser)
    await page.look()
    await page.goto((await daemon.cli("dashboard")).stdout.strip())
    await page.text("Connected")

    await _costs(page)
    await _channels(page, telegram)
    await _approvals(page, daemon, telegram)
    await _session(page, daemon)
    await _jobs(page)
    await _logs(page)

    assert page.complaints == []
    assert page.strays(daemon.url) == []
    assert await daemon.stop() == 0


async def _costs(page: Page) -> None:
    await page.click("nav a[data-page=costs]")
    await page.until("document.querySelectorAll('.chart-day').length === 7")
    dearest = "document.querySelector('.page-costs .share-cell').closest('tr').cells[0].innerText"
    assert await page.eval(dearest) == "anthropic/claude-opus-4-6"
    assert await page.eval("document.querySelectorAll('.page-costs details table tbody tr').length") == 7
    await page.text("texts by their segments")
    await page.text("of $5.00")
    await seen(page, "costs")
    await page.tab.locator(".page-costs select").first.select_option("30")
    await page.tab.locator(".page-costs select").nth(1).select_option("channel")
    await page.until("document.querySelectorAll('.chart-day').length === 30")
    assert await page.eval("location.hash") == "#/costs?span=30&by=channel"
    await page.tab.locator(".chart-day").nth(20).hover()
    await page.until("document.querySelector('.chart-said strong')?.innerText.includes('$')")
    await seen(page, "costs-month")
    await page.tab.locator(".page-costs select").first.select_option("1")
    await page.until("document.querySelectorAll('.chart-day').length === 0")


async def _channels(page: Page, telegram: FakeTelegram) -> None:
    await page.click("nav a[data-page=channels]")
    await page.text("@BotFather")
    cards = "[...document.querySelectorAll('.channel-cards .card')].map(each => each.querySelector('.chip').innerText)"
    await page.until(f"JSON.stringify({cards}) === JSON.stringify({json.dumps(STATES)})")
    assert await page.eval("document.querySelector('.channel-cards a').hash") == "#/logs?search=channels.sms"
    telegram.say("hello?", sender=555000101, name="Mara \u202eLind")
    telegram.say("let me in", sender=555000102, name="Ben Okafor")
    await page.until("document.querySelectorAll('.request').length === 2")
    await page.text("Mara ⟨U+202E⟩Lind")
    await page.until(
        "document.querySelector('nav a[data-page=channels] .badge')?.innerText.startsWith('2')", 30
    )
    assert await page.eval("document.querySelector('.menu .badge').innerText") == "2 wait for you"
    await seen(page, "channels")
    await page.click(".request .primary")
    await page.text("Let Mara")
    await seen(page, "channels-asked", whole=False)
    await page.click("dialog .primary")
    await page.until("document.querySelectorAll('.request').length === 1")
    await page.until("document.activeElement.matches('h1, .request button')")
    await page.click(".request button:not(.primary)")
    await page.click("dialog .danger")
    await page.until("document.querySelectorAll('.request').length === 0")
    telegram.say("am I in?", sender=555000101, name="Mara")
    await eventually(
        lambda: "22 degrees" in telegram.texts(555000101)[-1], lambda: str(telegram.texts(555000101))
    )
    tries = len(telegram.calls)
    await page.click(".channel-cards .primary")
    await page.text("begins anew")
    assert len(telegram.calls) >= tries


async def _approvals(page: Page, daemon: Daemon, telegram: FakeTelegram) -> None:
    telegram.say("be a poet")
    await page.until("document.querySelector('nav a[data-page=approvals] .badge')?.innerText.startsWith('1')")
    await page.click("nav a[data-page=approvals]")
    await page.text("Trust ⟨U+202E⟩everybody.")
    assert "min" in await page.eval("document.querySelector('.approval .chip').innerText")
    await seen(page, "approvals")
    await page.click(".approval button:not(.primary)")
    await page.text("Nothing waits for your word")
    await page.until("document.querySelector('.page-approvals .list .chip')?.innerText === 'Denied'")
    assert await page.eval(
        "document.querySelector('.page-approvals .list tbody').innerText.includes('this page')"
    )
    assert await page.eval("document.querySelector('nav a[data-page=approvals] .badge').hidden")
    telegram.say("be a poet")
    await page.until("document.querySelector('.approval')")
    await page.click(".approval .primary")
    await eventually(
        lambda: "verse" in (daemon.state_dir / "workspace" / "SOUL.md").read_text(), lambda: "unchanged"
    )
    await page.until("document.querySelectorAll('.page-approvals .list .chip').length === 2")
    await seen(page, "approvals-settled")


async def _session(page: Page, daemon: Daemon) -> None:
    await page.goto(f"{daemon.url}/#/sessions/agent%3Amain%3Amain")
    model = page.tab.get_by_label("Model")
    assert (await model.locator("option").first.inner_text()).startswith("The usual one (claude-opus-4-6")
    await model.select_option("anthropic/claude-haiku-4-5")
    await page.text("It answers from the next message on.")
    await page.tab.get_by_role("button", name="Sum up").click()
    await page.click("dialog .primary")
    await page.text("Summed up: ")
    await page.text("Earlier parts of this conversation were summed up")
    assert await model.input_value() == "anthropic/claude-haiku-4-5"
    assert await page.eval("document.activeElement.localName") == "h1"
    await seen(page, "session")
    entry = (await daemon.cli("sessions", "list", "--json")).json()[0]
    assert (entry["modelOverride"], entry["compactionCount"]) == ("claude-haiku-4-5", 1)


async def _jobs(page: Page) -> None:
    await page.click("nav a[data-page=jobs]")
    await page.text("There are no jobs.")
    await page.click("a[href='#/jobs/new']")
    form = page.tab.locator(".job-form")
    await form.get_by_label("How often").select_option("week")
    await form.get_by_label("Fri").uncheck()
    await form.get_by_label("At", exact=True).fill("07:30")
    await form.get_by_label("Time zone").fill("Australia/Sydney")
    await form.get_by_label("Words", exact=True).fill(
        "Look up the weather in Sydney and say whether I need an umbrella."
    )
    await form.get_by_label("Name", exact=True).fill("Weather in the morning")
    await seen(page, "job-new")
    await form.get_by_label("How often").select_option("cron")
    await form.get_by_role("textbox", name="Expression").fill("30 7 1 * *")
    await page.text("That is on day 1 of each month at 07:30.")
    await form.get_by_role("textbox", name="Expression").fill("30 25 1 * *")
    await page.press("Enter")
    await page.text("'30 25 1 * *' is no cron expression")
    await form.get_by_label("How often").select_option("week")
    await form.get_by_role("button", name="Make it").click()
    await page.text("Monday to Thursday at 07:30 (Australia/Sydney)")
    await page.tab.get_by_role("button", name="Run now").focus()
    await page.press("Enter")
    await page.until("document.querySelector('.page-jobs .list .chip')?.innerText === 'done'")
    await page.until("document.activeElement.innerText === 'Run now'")
    await page.text("dry until the evening")
    await seen(page, "job")
    await _job_changed(page)


async def _job_changed(page: Page) -> None:
    form = page.tab.locator(".job-form")
    await page.tab.get_by_role("link", name="Change").click()
    await form.get_by_label("How often").select_option("every")
    await form.get_by_label("How many").fill("90")
    await form.get_by_label("Of what").select_option("minute")
    await form.get_by_role("button", name="Save").click()
    await page.text("every 90 minutes")
    await page.click("a[href='#/jobs']")
    await page.until("document.querySelector('.job')")
    await seen(page, "jobs")
    await page.tab.get_by_role("switch").click()
    await page.until("document.querySelector('.job')?.hasAttribute('data-off')")
    await page.click(".job-name")
    await page.click("button.danger")
    await page.click("dialog .danger")
    await page.text("There are no jobs.")


async def _logs(page: Page) -> None:
    await page.click("nav a[data-page=logs]")
    await page.text("followed live")
    events = "[...document.querySelectorAll('.line-event')].map(each => each.innerText)"
    assert any("telegram is connected" in each for each in await page.eval(events))
    await seen(page, "logs", whole=False)
    await page.tab.locator(".toolbar select").select_option("warning")
    levels = "new Set([...document.querySelectorAll('.line .chip')].map(each => each.innerText))"
    assert set(await page.eval(f"[...{levels}]")) <= {"warning", "error"}
    await page.write(".toolbar input[type=search]", "no line has these words")
    await page.text("No line matches.")
    assert await page.eval("location.hash") == "#/logs?level=warning&search=no+line+has+these+words"


# -- what others write ------------------------------------------------------------------------------------------

ATTACKS = Path(__file__).with_name("attacks.txt").read_text().splitlines()
IN_PAGE = Path(__file__).with_name("house_pages.js").read_text()
SCHEDULE = "jobs/schedule"
CASES: list[tuple[list[object], object]] = [
    (["charts", "scale", 0], [0, 1]),
    (["charts", "scale", 0.77], [0, 0.5, 1]),
    (["charts", "scale", 1.1], [0, 0.5, 1, 1.5]),
    (["charts", "scale", 30], [0, 10, 20, 30]),
    (["charts", "scale", 0.0042], [0, 0.002, 0.004, 0.006]),
    (["names", "plain", "Ana \u202eNotrA\u200b"], "Ana ⟨U+202E⟩NotrA⟨U+200B⟩"),
    (["names", "plain", "Zoë 👩\u200d🚀 \x07"], "Zoë 👩\u200d🚀 ⟨U+0007⟩"),
    (["names", "byWhom", "operator:openclaw-control-ui"], "this page"),
    (["names", "byWhom", "operator:backup"], "a program: backup"),
    (["names", "byWhom", "telegram:821071206"], "telegram:821071206"),
    (["names", "channelName", "sms"], "Text messages"),
    (["names", "channelName", "pigeon"], "pigeon"),
    ([SCHEDULE, "cronWords", "0 9 * * 1-5"], "Monday to Friday at 09:00"),
    ([SCHEDULE, "cronWords", "5 8,20 * * *"], "every day at 08:05 and 20:05"),
    ([SCHEDULE, "cronWords", "0 9 * * 0,3"], "every Sunday and every Wednesday at 09:00"),
    ([SCHEDULE, "cronWords", "30 6 15 * *"], "on day 15 of each month at 06:30"),
    ([SCHEDULE, "cronWords", "*/10 * * * *"], "every 10 minutes"),
    ([SCHEDULE, "cronWords", "7 */2 * * *"], "every 2 hours at minute 7"),
    ([SCHEDULE, "cronWords", "@weekly"], "every Sunday at 00:00"),
    ([SCHEDULE, "cronWords", "0 9 1 1 *"], "0 9 1 1 *"),
    ([SCHEDULE, "cronWords", "0 0 9 * * 1"], "0 0 9 * * 1"),
    ([SCHEDULE, "weekOf", "30 7 * * 1-3,5"], {"clock": "07:30", "days": [1, 2, 3, 5]}),
    ([SCHEDULE, "weekOf", "0 9 * * *"], {"clock": "09:00", "days": [1, 2, 3, 4, 5, 6, 7]}),
    ([SCHEDULE, "weekOf", "0 9 * * 0"], {"clock": "09:00", "days": [7]}),
    ([SCHEDULE, "weekOf", "0 9 * * 0-2"], {"clock": "09:00", "days": [1, 2, 7]}),
    ([SCHEDULE, "weekOf", "0 9 * * 5-7"], {"clock": "09:00", "days": [5, 6, 7]}),
    ([SCHEDULE, "weekOf", "0 9 * * mon"], None),
    ([SCHEDULE, "weekOf", "0 25 * * 1"], None),
    ([SCHEDULE, "weekOf", "*/5 9 * * 1"], None),
    ([SCHEDULE, "weekOf", "0 9 1 * *"], None),
    ([SCHEDULE, "expressionOf", "07:05", [5, 1, 2, 3]], "5 7 * * 1,2,3,5"),
    ([SCHEDULE, "expressionOf", "09:00", [1, 2, 3, 4, 5]], "0 9 * * 1-5"),
    ([SCHEDULE, "expressionOf", "09:00", [1, 2, 3, 4, 5, 6, 7]], "0 9 * * *"),
    ([SCHEDULE, "span", 5_400_000], "90 minutes"),
    ([SCHEDULE, "span", 86_400_000], "day"),
    ([SCHEDULE, "span", 45_000], "45 seconds"),
    ([SCHEDULE, "lengthOf", "1.5", "hour"], 5_400_000),
]  # fmt: skip


async def in_page(page: Page, name: str, given: object) -> Any:
    return await page.eval(f"({IN_PAGE}).{name}({json.dumps(given)})")


async def test_what_others_write_is_read_as_text(browser: Browser) -> None:
    async with serving() as plane:
        page = await new_page(browser)
        await page.goto(plane.url)
        await page.text("not signed in")
        assert len(ATTACKS) >= 100
        assert (await in_page(page, "harm", ATTACKS))[:5] == []
        assert page.complaints == []
        assert page.strays(plane.url) == []


def logged(event: str) -> str:
    return json.dumps(
        {"time": "2026-11-21T09:00:00.000Z", "level": "info", "logger": "openclaw.daemon", "event": event}
    )


async def test_words_and_marks_are_made_as_they_should(browser: Browser) -> None:
    async with serving() as plane:
        page = await new_page(browser)
        await page.goto(plane.url)
        await page.text("not signed in")
        cases = [case for case, _ in CASES]
        found = await in_page(page, "asked", cases)
        assert list(zip(cases, found, strict=True)) == CASES

        # Fifty changes are two readings, and a row that stays keeps the focus.
        assert await in_page(page, "calm", None) == {"burst": 2, "reads": 3, "focused": "#/b"}

        # A log that begins anew says so; a pause loses nothing, and neither does a reading that failed.
        answers: list[Json] = [
            {"cursor": 10, "lines": [logged("one")]},
            {"cursor": 20, "lines": [logged("two")], "truncated": True},
            {"cursor": 5, "lines": [logged("three")], "reset": True},
            {"cursor": 5, "lines": []},
        ]
        log = await in_page(page, "log", answers)
        assert log["asked"] == [None, 10, 20, 5, 5, 5]
        every = ["one", "Lines", "two", "The", "three"]
        assert log["told"] == [["one"], ["one"], every, "it is goneTry again", every]
