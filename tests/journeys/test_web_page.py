"""The page in a real browser, from the first start on."""

import json
import os
from pathlib import Path

from playwright.async_api import Browser

from openclaw.types.events import ApprovalRequested, TextDelta, ToolFinished, ToolStarted, TurnStarted
from tests.conftest import MakeDaemon
from tests.fake.browser import Page, new_page
from tests.fakes import Daemon
from tests.web.conftest import serving
from tests.web.fake_house import MAIN

SHOTS = os.environ.get("OPENCLAW_SCREENSHOTS", "")
"""A folder: the walk leaves a picture of each page there, for a person to look at."""
ATTACKS = Path(__file__).with_name("attacks.txt").read_text().splitlines()


async def seen(page: Page, name: str) -> None:
    """What holds for every page: whoever cannot see it, or has a narrow screen, can use it."""
    assert await page.nameless() == [], name
    assert await page.eval("document.querySelectorAll('h1').length") == 1, name
    for scheme, width in (("light", 390), ("dark", 1280), ("light", 1280)) if SHOTS else (("light", 390),):
        await page.look(width=width, scheme=scheme)
        assert await page.eval("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        if SHOTS:
            await page.screenshot(Path(SHOTS) / f"{name}-{scheme}-{width}.png")
    await page.look()


async def link_of(daemon: Daemon) -> str:
    (line,) = daemon.said("/#code=")
    return line.split()[1]


async def test_from_the_first_start_to_a_tool_call_and_its_trace(
    make_daemon: MakeDaemon, browser: Browser
) -> None:
    daemon = make_daemon()
    await daemon.start()
    await daemon.wait_said("/#code=")
    link, page = await link_of(daemon), await new_page(browser)
    await page.look()

    await page.goto(link)
    await page.text("Connected")
    assert await page.eval("location.href") == f"{daemon.url}/"
    await page.write(".composer textarea", '/tool read {"path":"AGENTS.md"}')
    await page.press("Enter")
    await page.until(
        "document.querySelector('.log .tool[data-state=done]') && !document.querySelector('.live')"
    )
    await page.click(".log .tool summary")
    await page.text("This folder is your home")
    await seen(page, "chat")
    await _its_trace(page)
    await _its_session(page)
    await _stays_signed_in_and_leaves(daemon, page, link)

    assert page.complaints == []
    assert page.strays(daemon.url) == []
    assert not any(daemon.token in url or "code=" in url for url in page.requests)
    log = "".join(json.dumps(line) for line in daemon.log_lines())
    assert link.rpartition("=")[2] not in log
    assert daemon.token not in log
    assert await daemon.stop() == 0


async def _its_trace(page: Page) -> None:
    await page.click("nav a[data-page=traces]")
    listed = await page.until("document.querySelector('.list tbody a')?.getAttribute('href')")
    await seen(page, "traces")
    await page.click("nav a[data-page=chat]")
    assert await page.until("document.querySelector('.said .when a')?.getAttribute('href')") == listed
    await page.click(".said .when a")
    await page.text("Step by step")
    names = await page.eval("[...document.querySelectorAll('.step-name')].map(each => each.innerText)")
    assert names[:2] == ["received", "stored"]
    assert {"llm", "tool: read"} <= set(names)
    await page.eval("[...document.querySelectorAll('.waterfall summary')].at(-1).click()")
    await seen(page, "trace")


async def _its_session(page: Page) -> None:
    await page.click("nav a[data-page=sessions]")
    await page.until("document.querySelector('.rows .row')")
    await seen(page, "sessions")
    await page.click(".rows .row")
    await page.text("Begin anew")
    assert await page.eval("document.querySelectorAll('.log .tool').length") == 1
    await seen(page, "session")


async def _stays_signed_in_and_leaves(daemon: Daemon, page: Page, link: str) -> None:
    await page.goto(f"{daemon.url}/#/traces")
    await page.text("The way of every message")
    done = await daemon.cli("dashboard", "--revoke")
    assert done.stdout == "1 signed out\n"
    await page.text("not signed in")
    complaints = len(page.complaints)
    await page.write("input[name=code]", link)
    await page.press("Enter")
    await page.text("was used before")
    # The browser tells of every answer that is no success; this one was asked for.
    refused = page.complaints[complaints:]
    assert all("403" in each for each in refused)
    del page.complaints[complaints:]
    await seen(page, "signed-out")


MARKDOWN = [
    ("**bold** and *soft* and `x < y`", "<p><strong>bold</strong> and <em>soft</em> and <code>x &lt; y</code></p>"),
    ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
    ("# Title\ntext", "<h3>Title</h3><p>text</p>"),
    ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
    ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
    ("> said\n> twice", "<blockquote><p>said<br>twice</p></blockquote>"),
    ("```py\n<b>\n```", '<pre class="code" data-language="py" tabindex="0"><code>&lt;b&gt;</code></pre>'),
    ("```\nopen", '<pre class="code" tabindex="0"><code>open</code></pre>'),
    (
        "a | b\n--|--\n1 | 2",
        '<div class="table-frame" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead>'
        "<tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>",
    ),
    ("![x](http://example.org/p.png)", '<p><a href="http://example.org/p.png" rel="noopener noreferrer" '
     'target="_blank" title="http://example.org/p.png">x</a></p>'),
    ("[go](#/settings)", "<p><span>go</span></p>"),
    ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>"),
    ("", ""),
]  # fmt: skip


HARM = """async attacks => {
  const {transcript} = await import('/ui/transcript.js');
  const {h} = await import('/ui/dom.js');
  const {LiveRun} = await import('/ui/live.js');
  const {row} = await import('/ui/tray.js');
  const bad = [];
  window.struck = 0;
  window.alert = window.prompt = window.confirm = () => window.struck++;
  for (const text of attacks) {
    const nodes = transcript([
      {id: text, role: 'user', from: text, kind: 'note', content: [{type: 'text', text}]},
      {id: 'r', role: 'assistant', model: text, usage: {input: 1}, content: [{type: 'text', text}]},
      {id: 'h', role: 'assistant', content: [{type: 'thinking', thinking: text}, {type: text}]},
      {id: 't', role: 'assistant', content: [{type: 'tool_use', id: 'c', name: text, input: {[text]: text}}]},
      {id: 'u', role: 'toolResult', toolCallId: 'c', content: [{type: 'text', text}]},
      {id: 's', role: 'system', content: [{type: 'text', text}]},
      {id: 'f', role: 'user', content: [
        {type: 'text', text: `see\\n[document: media/inbound/2026-11-21/a.txt (${text.split('\\n').join(' ')}, 3 B)]`},
        {type: 'image', source: {path: text, media_type: 'image/png'}},
        {type: 'image', source: {path: `media/${text}`, media_type: text}},
      ]},
    ]).map(each => each.node);
    const run = new LiveRun(text);
    for (const phase of ['start', 'update'])
      run.tell({stream: 'tool', data: {phase, toolCallId: 'c', name: text, args: {text}, elapsedMs: 1,
        partialResult: {content: [{type: 'text', text}]}}});
    const picked = row([{name: text, blob: new Blob([text])}]);
    const box = h('div', {}, nodes, run.node, picked, h('a', {href: text, title: text, class: text}, text));
    document.body.append(box);
    const odd = box.querySelector('script,iframe,object,embed,img,svg,math,form,style,link,base,meta');
    const wired = [...box.querySelectorAll('*')].some(each => [...each.attributes].some(({name, value}) =>
      name.startsWith('on') || (['href', 'src'].includes(name) && /^\\s*(javascript|data|vbscript)/i.test(value))));
    if (odd || wired || !box.innerText.includes(text.trim().slice(-3))) bad.push(text);
    for (const each of box.querySelectorAll('details')) each.open = true;
  }
  await new Promise(done => setTimeout(done, 50));
  return window.struck ? [...bad, `${window.struck} struck`] : bad;
}"""
"""Each attack as a reply, a message, a tool's name, input and result, and an address: those that did something."""


async def test_what_others_write_is_shown_as_text_and_never_as_markup(browser: Browser) -> None:
    async with serving() as plane:
        page = await new_page(browser)
        await page.goto(f"{plane.url}/?gatewayUrl=ws://127.0.0.1:9&token=x#/chat?gatewayUrl=ws://127.0.0.1:9")
        await page.text("not signed in")
        assert page.strays(plane.url) == []
        assert f"ws://127.0.0.1:{plane.port}/ws" in page.requests
        texts = json.dumps([text for text, _ in MARKDOWN])
        made = await page.eval(
            f"import('/ui/markdown.js').then(m => {texts}.map(each => m.markdown(each).innerHTML))"
        )
        assert made == [html for _, html in MARKDOWN]
        assert len(ATTACKS) >= 100
        assert await page.eval(f"({HARM})({json.dumps(ATTACKS)})") == []
        assert page.complaints == []

        # Were there a way from a string to markup, the policy would close it, and this test would hear of it.
        refused = "try { document.body.innerHTML = '<img src=x>' } catch (error) { error.name }"
        assert await page.eval(refused) == "TypeError"
        await page.until("!document.querySelector('img')")
        assert any("require-trusted-types-for" in each for each in page.complaints)


async def test_a_reply_is_seen_while_it_is_written_and_what_it_needs_is_asked(browser: Browser) -> None:
    async with serving() as plane:
        desk, page = plane.house.desk, await new_page(browser)
        code = plane.house.logins.offer().code.reveal()
        await page.goto(plane.url)
        await page.write("input[name=code]", code)
        await page.press("Enter")
        await page.write(".composer textarea", "Is it warm?")
        await page.press("Enter")
        await page.until("document.querySelector('.pending')?.innerText.includes('Is it warm?')")
        await page.until("!document.querySelector('.composer .tools button').hidden")
        (question,) = desk.questions
        run = question.run_id

        await plane.house.bus.publish(TurnStarted(run, MAIN, "main"))
        await plane.house.bus.publish(ToolStarted(run, MAIN, "c1", "get_weather", {"location": "Sydney"}))
        await page.until("document.querySelector('.live .tool[data-state=running]')")
        await plane.house.bus.publish(
            ToolFinished(run, MAIN, "c1", "get_weather", "22 degrees", failed=False)
        )
        await plane.house.bus.publish(TextDelta(run, MAIN, "It is **quite"))
        await page.until("document.querySelector('.live .prose')?.innerText.includes('It is **quite')")
        await plane.house.bus.publish(TextDelta(run, MAIN, " warm**."))
        await page.until("document.querySelector('.live .prose strong')?.innerText === 'quite warm'")
        asked = ApprovalRequested("mitorake", "main", MAIN, "message (send): telegram:1", 1, 2)
        await plane.house.bus.publish(asked)
        await page.text("May it? message (send): telegram:1")
        await page.click(".asked .primary")
        await page.until("!document.querySelector('.asked .notice')")
        assert desk.decided == [("mitorake", True, "operator:openclaw-control-ui")]
        await desk.end(run, "It is quite warm.")
        await page.until("!document.querySelector('.live')")
        assert page.complaints == []
