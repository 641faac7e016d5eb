"""The pages Phone, Agents and Settings in a real browser, over a daemon with a past."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pyjson5
import pytest
from playwright.async_api import Browser

from openclaw.settings.editing.remote import described as described_schema
from openclaw.web.desk import Json
from tests.conftest import MakeDaemon
from tests.fake.browser import Page, new_page
from tests.fakes import Daemon, FakeTwilio
from tests.journeys.hostile_house import HostileTools, config_of, furnish, raw_of
from tests.journeys.phone_books import ADA, BEN, CALL, OURS, write_past
from tests.journeys.test_web_page import ATTACKS, SHOTS, seen
from tests.web.conftest import serving
from tests.web.fake_house import FakeDesk
from tests.web.fake_office import FakeConfig, FakeSkills

TOKEN = "a-token-that-nobody-may-read"


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


def config(daemon_config: dict[str, Any], twilio: FakeTwilio) -> str:
    """As somebody writes it, with remarks."""
    login = {"accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": OURS}
    door = {"apiRoot": twilio.url, "publicWebhookUrls": ["https://texts.example.org"]}
    tree = {
        **daemon_config,
        "channels": {**daemon_config["channels"], "sms": {**login, **door}, "voice": {"allowFrom": [ADA]}},
        "agents": {"list": [
            {"id": "main", "identity": {"name": "Aurora", "emoji": "🌅", "theme": "calm and exact"}, "tier": "first"},
            {"id": "clerk", "model": "anthropic/claude-haiku-4-5"},
        ]},
        "budgets": {"perDay": 5},
        "gateway": {"auth": {"token": TOKEN}},
    }  # fmt: skip
    text = json.dumps(tree, indent=2, ensure_ascii=False)
    return "// The house of Ana.\n" + text.replace('"perDay": 5', '"perDay": 5 // enough')


async def pictured(page: Page, name: str) -> None:
    """Like others of its kind; for people who look at the pictures."""
    if SHOTS:
        await seen(page, name)


async def link_to(daemon: Daemon) -> str:
    said = (await daemon.cli("dashboard")).stdout
    return next(word for word in said.split() if "/#code=" in word)


async def test_the_telephone_the_agents_and_the_config_by_hand(
    make_daemon: MakeDaemon, browser: Browser, daemon_config: dict[str, Any], twilio: FakeTwilio
) -> None:
    daemon = make_daemon()
    await write_past(daemon.state_dir)
    (daemon.state_dir / "openclaw.json").write_text(config(daemon_config, twilio))
    (daemon.state_dir / "openclaw.json").chmod(0o600)
    await daemon.start()
    page = await new_page(browser)
    await page.look()
    await page.goto(await link_to(daemon))
    await page.text("Connected")

    await _texts(page, twilio)
    await _calls(page)
    await _numbers(page)
    await _files(page, daemon)
    await _tools(page)
    await _form(page, daemon)
    await _text_of_the_file(page, daemon)

    assert page.complaints == []
    assert page.strays(daemon.url) == []


async def _texts(page: Page, twilio: FakeTwilio) -> None:
    await page.click("nav a[data-page=phone]")
    await page.text("Can you call me back about the roof?")
    await seen(page, "phone")
    await page.click(f".threads a[href*='{BEN[1:]}']")
    await page.text("kept, not answered")
    await page.write(".compose textarea", "Of course. When would it suit you?")
    await page.text("Every check passes.")
    await pictured(page, "phone-thread")

    await page.click(".page-head a[href='#/phone/new']")
    await page.write(".compose input[type=tel]", "+1 (201) 555-0146")
    await page.write(".compose textarea", "Are you selling your house on Elm Street?")
    await page.text("This would not be sent: whether our number is registered")
    assert await page.eval("document.querySelector('.compose .primary').disabled") is True
    assert await page.eval("document.querySelectorAll('.gates li').length") == 6
    await seen(page, "phone-refused")
    # The button is for people: whoever gets round it meets the gates themselves.
    await page.eval("document.querySelector('.compose').requestSubmit()")
    await page.text("Refused: not sent: whether our number is registered")
    assert [sent.to for sent in twilio.sent] == []


async def _calls(page: Page) -> None:
    await page.click(".tabs a[href='#/phone/calls']")
    await page.text("1 min 14 s")
    await pictured(page, "calls")
    await page.click(f".list a[href*='{CALL}']")
    await page.text("Thank you, that is all.")
    await page.click(".recording summary")
    await page.text("22 degrees and sunny")
    await page.eval("document.querySelector('audio').load()")
    await page.eval("document.querySelector('audio').preload = 'metadata'")
    await page.until("document.querySelector('audio').duration > 1.5")
    await seen(page, "call")


async def _numbers(page: Page) -> None:
    await page.click(".tabs a[href='#/phone/numbers']")
    await page.write(".adding input", "+1 201 555 0146")
    await page.press("Enter")
    await page.text("+12015550146 is authorised.")
    await seen(page, "numbers")


async def _files(page: Page, daemon: Daemon) -> None:
    await page.click("nav a[data-page=agents]")
    await page.text("🌅 Aurora")
    await pictured(page, "agents")
    await page.click(".agent a[href='#/agents/main']")
    await page.text("What it keeps in mind")
    await page.click(".files a[href$='SOUL.md']")
    await page.until("document.querySelector('.manuscript')?.value.includes('#')")
    await page.write(".manuscript", "Answers are short.\n")
    await pictured(page, "agent-file")
    soul = daemon.state_dir / "workspace" / "SOUL.md"
    soul.write_text("Written by the assistant itself.\n")
    await page.click(".save-bar .primary")
    await page.text("SOUL.md has changed meanwhile")
    await seen(page, "agent-file-conflict")
    assert soul.read_text() == "Written by the assistant itself.\n"
    await page.click(".notice button.danger")
    await page.click("dialog button.danger")
    await page.text("SOUL.md is saved.")
    assert "Answers are short." in soul.read_text()


async def _tools(page: Page) -> None:
    await page.click(".tabs a[href$='/tools']")
    await page.until("document.querySelectorAll('.list tbody tr').length > 10")
    await seen(page, "agent-tools")
    await page.tab.select_option(".toolbar .field:nth-child(2) select", "sms")
    await page.write(".toolbar input[type=text]", ADA)
    await page.until("document.querySelectorAll('.list .chip:not([data-tone])').length > 3")
    await page.write(".toolbar input[type=search]", "exec")
    await page.until("document.querySelectorAll('.list tbody tr').length === 1")
    await pictured(page, "agent-tool")
    await page.click(".tabs a[href$='/skills']")
    await page.text("weather")
    await seen(page, "agent-skills")


async def _form(page: Page, daemon: Daemon) -> None:
    await page.click("nav a[data-page=settings]")
    await page.text("The longest answer, in tokens.")
    await pictured(page, "settings")
    await page.click(".groups a[href$='/budgets']")
    await page.until("document.querySelector('.settings-fields input')?.value === '5'")
    await page.tab.fill(".settings-fields .field:nth-child(2) input", "2.5")
    await page.click(".groups a[href$='/messages']")
    await page.tab.select_option(".settings-fields .field:nth-of-type(1) select", "collect")
    await page.click(".groups a[href$='/logging']")
    await page.tab.select_option(".settings-fields .field:nth-of-type(1) select", "debug")
    await page.click(".groups a[href$='/agents']")
    await page.tab.get_by_label("User timezone").fill("Europe/Budapest")
    await page.text("4 changes not saved")
    await seen(page, "settings-form")
    await page.click(".save-bar .primary")
    await page.text("Save this to the config file?")
    await seen(page, "settings-difference")
    await page.click("dialog .primary")
    await page.text("agents.defaults.userTimezone waits for a restart")
    written = (daemon.state_dir / "openclaw.json").read_text()
    assert written.startswith("// The house of Ana.\n")
    assert "5, // enough" in written
    assert pyjson5.decode(written)["budgets"] == {"perDay": 5, "perSession": 2.5}
    assert pyjson5.decode(written)["messages"]["queue"]["mode"] == "collect"


async def _text_of_the_file(page: Page, daemon: Daemon) -> None:
    await page.click(".tabs a[href='#/settings/file']")
    await page.until("document.querySelector('.manuscript')?.value.includes('perSession')")
    shown = await page.eval("document.querySelector('.manuscript').value")
    assert TOKEN not in shown
    await page.tab.fill(".manuscript", shown.replace('"perDay": 5', '"perDya": 5'))
    await page.text("there is no such key")
    await page.click(".problems button")
    marked = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert await page.eval(f"({marked})(document.querySelector('.manuscript'))") == '"perDya"'
    await seen(page, "settings-file-wrong")
    await page.tab.fill(".manuscript", shown.replace('"perDay": 5', '"perDay": 7'))
    await page.text("Would change budgets.perDay")
    file = daemon.state_dir / "openclaw.json"
    file.write_text(file.read_text().replace("of Ana", "of Ana and Ben"))
    await page.click(".save-bar .primary")
    await page.click("dialog .primary")
    await page.text("The file has changed since you began to type.")
    await pictured(page, "settings-file-stale")
    await page.click(".save-bar .primary")
    await page.click("dialog .primary")
    await page.text("It counts from now on.")
    assert pyjson5.decode(file.read_text())["budgets"]["perDay"] == 7
    assert TOKEN in file.read_text()


SOUND = """async attacks => {
  const main = document.querySelector('main');
  const odd = [...main.querySelectorAll('script,iframe,object,embed,img,svg,math,style,link,base,meta')];
  const wired = [...main.querySelectorAll('*')].filter(each => [...each.attributes].some(({name, value}) =>
    name.startsWith('on') || (['href', 'src', 'action'].includes(name) && !/^(#|\\/(?!\\/))/.test(value))));
  for (const each of main.querySelectorAll('details')) each.open = true;
  await new Promise(done => setTimeout(done, 20));
  const typed = [...main.querySelectorAll('input,textarea')].map(each => each.value);
  const held = [main.textContent, ...typed].join('\\n');
  return {
    bad: [...odd, ...wired].map(each => each.outerHTML.slice(0, 200)),
    struck: window.struck,
    missing: attacks.filter(text => !held.includes(text.trim())),
  };
}"""
"""What of these texts has become more than text on the page, and which are not to be read there at all."""
READ_ON = """() => {
  const buttons = [...document.querySelectorAll('main button')];
  const earlier = buttons.find(each => !each.hidden && /^Earlier/.test(each.textContent));
  if (earlier) earlier.click();
  return !earlier;
}"""
EVERYWHERE = [
    ("#/phone", ".threads .row"),
    ("#/phone/texts/x", ".texts .entry"),
    ("#/phone/calls", ".list tbody tr"),
    (f"#/phone/calls/{CALL}", ".texts .entry"),
    ("#/agents/main/files/SOUL.md", ".manuscript"),
    ("#/agents/main/tools", ".list tbody tr"),
    ("#/agents/main/skills", ".skill"),
    ("#/settings/form/messages", ".map-row"),
    ("#/settings/form/logging", ".machine"),
    ("#/settings/file", ".manuscript"),
]


async def test_what_others_write_is_text_on_every_page(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = HostileTools(ATTACKS)
    monkeypatch.setattr(FakeDesk, "tools", lambda _, asked: hostile.tools(asked))
    monkeypatch.setattr(FakeSkills, "status", lambda _, agent: hostile.skills(agent))
    monkeypatch.setattr(FakeDesk, "status", statuses)
    monkeypatch.setattr(FakeConfig, "file", lambda _: written(raw_of(ATTACKS)))
    monkeypatch.setattr(FakeConfig, "schema", lambda _: described())
    async with serving(folder=tmp_path) as plane:
        await furnish(plane.house, tmp_path, ATTACKS)
        page = await new_page(browser)
        await page.tab.add_init_script("window.struck = 0; window.alert = () => window.struck++;")
        await page.goto(f"{plane.url}/#code={plane.house.logins.offer().code.reveal()}")
        await page.text("Connected")
        for place, shown in EVERYWHERE:
            await page.eval(f"location.hash = {json.dumps(place)}")
            await page.until(f"location.hash === {json.dumps(place)} && document.querySelector('{shown}')")
            await page.until(f"({READ_ON})()")
            found = await page.eval(f"({SOUND})({json.dumps(ATTACKS)})")
            assert found == {"bad": [], "struck": 0, "missing": []}, place
        assert page.complaints == []


async def statuses(_: FakeDesk) -> Json:
    return {"agents": [{"id": "main", "model": "anthropic/claude-opus-4-6", "tier": ATTACKS[0]}]}


async def written(raw: str) -> Json:
    return {"exists": True, "raw": raw, "parsed": config_of(ATTACKS), "fileHash": "f1"}


async def described() -> Json:
    return await anyio.to_thread.run_sync(described_schema)


DIFFERENCES = [
    ("", "", ""),
    ("a\nb\n", "a\nb", "=a =b"),
    ("a\nb\nc", "a\nx\nc", "=a -b +x =c"),
    ("a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc", "-a -b =c +b =a =b -b =a +c"),
    ("", "a\nb", "+a +b"),
    ("a\r\nb", "b", "-a =b"),
]


async def test_two_texts_are_compared_line_by_line(browser: Browser) -> None:
    async with serving() as plane:
        page = await new_page(browser)
        await page.goto(plane.url)
        await page.text("not signed in")
        signs = "({kind, text}) => ({same: '=', gone: '-', new: '+'})[kind] + text"
        for before, after, told in DIFFERENCES:
            compared = f"m.lineDiff({json.dumps(before)}, {json.dumps(after)}).map({signs}).join(' ')"
            assert await page.eval(f"import('/ui/diff.js').then(m => {compared})") == told
        many = "Array.from({length: 3000}, (_, n) => `${n}`)"
        hunks = f"m.hunks(m.lineDiff({many}.join('\\n'), {many}.map(n => n % 900 ? n : 'x').join('\\n')), 1)"
        lines = f"import('/ui/diff.js').then(m => {hunks}.map(hunk => hunk.map({signs}).join(' ')))"
        assert (await page.eval(lines))[:2] == ["-0 +x =1", "=899 -900 +x =901"]
        patch = "m.patchOf([[['a', 'b'], 1], [['a', 'c'], null], [['d'], ['x']]])"
        assert await page.eval(f"import('/ui/settings/schema.js').then(m => {patch})") == {
            "a": {"b": 1, "c": None}, "d": ["x"],
        }  # fmt: skip
        assert await page.eval("import('/ui/settings/schema.js').then(m => m.mapPatch({a: 1, b: 2}, {b: 3}))") == {
            "a": None, "b": 3,
        }  # fmt: skip
