/* The house over its WebSocket, protocol 4: questions with their answers, events, and coming back after a break. */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const ANSWER_WITHIN = 120_000;
const CONNECTED_WITHIN = 20_000;

export class RpcError extends Error {
  constructor({ code = "UNAVAILABLE", message = "no answer", details = null, retryAfterMs = null } = {}) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }
}

const OFFLINE = { code: "OFFLINE", message: "the connection to OpenClaw was lost; it is tried again" };

/* state: connecting, online, offline, stopping (the daemon said so) or signed-out.
   Events: those of the protocol by their name, "state" at each change, "online" after each connection. */
export class Rpc {
  state = "connecting";
  hello = null;
  #address;
  #socket = null;
  #handlers = new Map();
  #waiting = new Map();
  #failures = 0;
  #timer = 0;
  #watchdog = 0;
  #count = 0;
  #wanted = false;

  constructor(address) {
    this.#address = address;
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.#hurry());
  }

  open() {
    this.#wanted = true;
    if (this.#socket === null) this.#connect();
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /* The answer's payload. Waits for the connection; a question that was on its way when it broke fails with OFFLINE. */
  async call(method, params = {}, { timeout = ANSWER_WITHIN } = {}) {
    await this.#online();
    return this.#send(method, params, timeout);
  }

  on(name, handler) {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  has(method) {
    return this.hello?.features.methods.includes(method) ?? false;
  }

  may(scope) {
    const scopes = this.hello?.auth.scopes ?? [];
    return scopes.includes("operator.admin") || scopes.includes(scope);
  }

  /* The same for one page: what it subscribes to and what it repeats ends with it. */
  borrowed() {
    return new Borrowed(this);
  }

  #send(method, params, timeout) {
    const id = `q${++this.#count}`;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new RpcError({ code: "AGENT_TIMEOUT", message: `${method} was not answered in time` }));
      }, timeout);
      this.#waiting.set(id, { resolve, reject, late });
      this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  #online() {
    if (this.state === "online" || this.state === "stopping") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => (off(), reject(new RpcError(OFFLINE))), CONNECTED_WITHIN);
      const off = this.on("state", () => {
        if (this.state === "online") (off(), clearTimeout(late), resolve());
        if (this.state === "signed-out") (off(), clearTimeout(late), reject(new RpcError({ code: "NOT_PAIRED", message: "you are signed out" })));
      });
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    if (this.state !== "offline") this.#become("connecting");
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    socket.onmessage = (message) => this.#received(JSON.parse(message.data));
    socket.onclose = () => this.#lost(socket);
  }

  #received(frame) {
    this.#alive();
    if (frame.type === "res") return this.#answered(frame);
    if (frame.event === "connect.challenge") return this.#introduce();
    if (frame.event === "shutdown") this.#become("stopping");
    this.#tell(frame.event, frame.payload);
  }

  #answered({ id, ok, payload, error }) {
    const question = this.#waiting.get(id);
    // The first of two answers only says that the work has begun.
    if (!question || (ok && payload?.status === "accepted")) return;
    this.#waiting.delete(id);
    clearTimeout(question.late);
    if (ok) question.resolve(payload);
    else question.reject(new RpcError(error));
  }

  async #introduce() {
    const client = { id: "openclaw-control-ui", version: "1", platform: navigator.platform || "web", mode: "ui" };
    const params = { minProtocol: 3, maxProtocol: 4, client, role: "operator", caps: ["tool-events"] };
    try {
      this.hello = await this.#send("connect", params, CONNECTED_WITHIN);
    } catch (error) {
      // Who we are comes with the cookie; without one there is nothing to try again.
      if (error.code === "NOT_PAIRED") this.#become("signed-out");
      return;
    }
    this.#failures = 0;
    this.#become("online");
    this.#tell("online", this.hello);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#watchdog);
    for (const { reject, late } of this.#waiting.values()) (clearTimeout(late), reject(new RpcError(OFFLINE)));
    this.#waiting.clear();
    if (!this.#wanted || this.state === "signed-out") return;
    this.#become("offline");
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #hurry() {
    if (this.#wanted && this.#socket === null) this.#connect();
  }

  /* A connection that died without a word, as after a laptop's sleep, is noticed by its missing ticks. */
  #alive() {
    clearTimeout(this.#watchdog);
    const silence = 2.5 * (this.hello?.policy.tickIntervalMs ?? 30_000);
    const socket = this.#socket;
    this.#watchdog = setTimeout(() => (socket.close(), this.#lost(socket)), silence);
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell("state", state);
  }

  #tell(name, payload) {
    for (const handler of [...(this.#handlers.get(name) ?? [])]) handler(payload);
  }
}

class Borrowed {
  #rpc;
  #ends = [];

  constructor(rpc) {
    this.#rpc = rpc;
  }

  get state() {
    return this.#rpc.state;
  }

  get hello() {
    return this.#rpc.hello;
  }

  call(method, params, options) {
    return this.#rpc.call(method, params, options);
  }

  has(method) {
    return this.#rpc.has(method);
  }

  may(scope) {
    return this.#rpc.may(scope);
  }

  on(name, handler) {
    const off = this.#rpc.on(name, handler);
    this.#ends.push(off);
    return off;
  }

  every(seconds, work) {
    const timer = setInterval(() => !document.hidden && work(), seconds * 1000);
    this.#ends.push(() => clearInterval(timer));
  }

  end() {
    for (const end of this.#ends.splice(0)) end();
  }
}
