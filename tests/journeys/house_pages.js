/* What is done inside the browser, to the pages themselves. */
({
  /* Each attack in every field that the pages show; what came of it besides its being read. */
  async harm(attacks) {
    window.struck = 0;
    window.alert = window.prompt = window.confirm = () => window.struck++;
    const now = new Date().toISOString();
    const bad = [];
    const each = (make) => attacks.map(make);
    const counts = { turns: 1, input: 1, output: 1, cacheRead: 1, cost: 1 };
    const rows = each((key) => ({ key, ...counts }));
    const approval = (text, id) => ({ id, state: "pending", summary: text, text, sessionKey: text, askedAt: now, expiresAt: now, decidedBy: text });
    const job = (text, id) => ({
      id: `job_${id}`, name: text, description: text, enabled: true, agentId: text, createdBy: text, sessionTarget: text,
      schedule: { kind: "cron", expr: text, tz: text }, delivery: { mode: "announce", channel: text, to: text },
      payload: { kind: "agentTurn", message: text, model: text, thinking: text },
      state: { lastRunStatus: "error", lastError: text, lastDeliveryError: text },
    });
    const answers = {
      health: () => ({}),
      "usage.daily": ({ by }) => ({
        by, timezone: "UTC", days: [{ day: "2026-11-20", rows }, { day: "2026-11-21", rows }], rows, total: { key: "total", ...counts },
        phone: { texts: each((channel) => ({ direction: "inbound", channel, count: 1, segments: 1, cost: 0 })), calls: [] },
        lastHour: each((sender) => ({ sender, cost: 1 })).slice(3, 6),
        budgets: ["perSenderPerHour", "perSession", ...attacks].map((cap) => ({ cap, limit: 1, spent: 0.5, freesAt: now })),
      }),
      "sessions.list": () => ({ sessions: each((key) => ({ key, cost: 1 })) }),
      "channels.status": () => ({
        channelOrder: attacks,
        channelLabels: Object.fromEntries(each((text) => [text, text])),
        channelAccounts: Object.fromEntries(each((text) => [text, ["failing", text].map((condition, index) => ({ accountId: text + "!".repeat(index), condition, lastError: text, lastErrorAt: 1 }))])),
      }),
      "pairing.list": () => ({ requests: each((text) => ({ channel: text, id: text, code: text, createdAt: now, lastSeenAt: now, meta: { name: text } })) }),
      "exec.approval.list": ({ all } = {}) => ({ approvals: each((text, id) => ({ ...approval(text, id), state: all ? text : "pending" })) }),
      "cron.list": ({ query }) => ({ jobs: each(job).filter(({ id }) => !query || id === query) }),
      "cron.status": () => ({ enabled: true, heartbeats: Object.fromEntries(each((text) => [text, text])) }),
      "cron.runs": ({ id }) => ({ entries: id === "job_0" ? each((text) => [{ runAtMs: 1, status: text, error: text }, { runAtMs: 1, status: "ok", deliveryStatus: text, summary: `x\n${text}` }]).flat() : [] }),
      "dashboard.browsers": () => ({ browsers: each((name, id) => ({ id: `web_${id}`, name, signedInAt: now, seenAt: now, isThis: false })) }),
      "device.pair.list": () => {
        const devices = each((text, id) => ({ requestId: `r_${id}`, deviceId: `${id}${text}`, displayName: text, clientId: text, platform: text, scopes: [text], remoteIp: text, ts: 1, approvedAtMs: 1, lastSeenAtMs: 1 }));
        return { pending: devices, paired: devices };
      },
      "agents.list": () => ({ agents: each((id) => ({ id })) }),
      "models.list": () => ({ models: each((id) => ({ id, provider: id, name: id, available: true })) }),
      "logs.tail": () => ({ cursor: 9, lines: [...each((text) => JSON.stringify({ time: now, level: text, logger: text, event: text, [text]: text, exception: text })), ...attacks] }),
    };
    const rpc = { hello: {}, state: "online", has: () => true, may: () => true, on: () => () => {}, every: () => {}, call: async (method, params) => answers[method](params) };
    const places = [["costs", [], "by=session&span=7"], ["channels", []], ["approvals", []], ["jobs", []], ...each((_, id) => ["jobs", [`job_${id}`]]), ["jobs", ["job_0", "edit"]], ["logs", []], ["access", []]];
    for (const [name, parts, query] of places) {
      const root = document.createElement("section");
      document.body.append(root);
      const { mount } = await import(`/ui/pages/${name}.js`);
      await mount(root, rpc, { page: name, parts, query: new URLSearchParams(query) });
      if (root.querySelector(".notice[role=alert]:not([hidden])")) bad.push(`${name} ${parts}: ${root.textContent.slice(0, 200)}`);
      if (root.querySelector("script,iframe,object,embed,img,math,style,link,base,meta,foreignObject,use,animate,set")) bad.push(`${name} ${parts}: an element`);
      for (const node of root.querySelectorAll("*"))
        for (const { name: attribute, value } of node.attributes)
          if (attribute.startsWith("on") || (/href|src/.test(attribute) && !value.startsWith("#"))) bad.push(`${name}: ${attribute}=${value}`);
      const said = root.textContent + [...root.querySelectorAll("input,textarea")].map((control) => control.value).join();
      const readable = (text) => (/\p{C}/u.test(text) ? text.trim().slice(-3) : text);
      const known = parts[0] ? [attacks[parts[0].slice(4)]] : attacks;
      bad.push(...known.filter((text) => !said.includes(readable(text))).map((text) => `${name} ${parts} does not show ${text}`));
      for (const fold of root.querySelectorAll("details")) fold.open = true;
      root.remove();
    }
    await new Promise((done) => setTimeout(done, 50));
    return window.struck ? [...bad, `${window.struck} struck`] : bad;
  },

  /* [module, function, ...arguments] → what it returns, in words where it is an element. */
  async asked(cases) {
    const found = [];
    for (const [module, name, ...given] of cases) {
      const made = (await import(`/ui/${module}.js`))[name](...given);
      found.push(made instanceof Node ? made.textContent : made);
    }
    return found;
  },

  /* A page that hears of many changes at once: how often it reads, and which link has the focus then. */
  async calm() {
    const { calmly, exchange } = await import("/ui/kept.js");
    let reads = 0;
    const read = calmly(async () => (reads += 1), 0.01);
    const first = read();
    for (let each = 0; each < 50; each += 1) read();
    await first;
    const burst = reads;
    await read();
    const link = (href) => Object.assign(document.createElement("a"), { href, textContent: href });
    const list = document.body.appendChild(document.createElement("div"));
    list.append(link("#/a"), link("#/b"));
    list.lastChild.focus();
    exchange(list, link("#/new"), link("#/a"), link("#/b"));
    const focused = document.activeElement.getAttribute("href");
    list.remove();
    return { burst, reads, focused };
  },

  /* A log whose house answers as scripted, with a pause in between: what was shown, and what was asked. */
  async log(answers) {
    const { mount } = await import("/ui/pages/logs.js");
    const asked = [];
    const root = document.createElement("section");
    let look;
    const rpc = { on: () => {}, every: (_, work) => (look = work), call: async (_, { cursor = null }) => (asked.push(cursor), answers.shift() ?? Promise.reject(new Error("it is gone"))) };
    document.body.append(root);
    await mount(root, rpc, { query: new URLSearchParams() });
    const said = () => [...root.querySelectorAll(".line-event,.line-mark")].map((each) => each.textContent.split(" ")[0]);
    const pause = [...root.querySelectorAll("button")].find((each) => each.textContent === "Pause");
    const told = [said()];
    pause.click();
    await look();
    told.push(said());
    pause.click();
    await look();
    await look();
    told.push(said(), (await look(), root.querySelector("[role=alert]").textContent));
    answers.push({ cursor: 5, lines: [] });
    await look();
    return { told: [...told, said()], asked };
  },
})
