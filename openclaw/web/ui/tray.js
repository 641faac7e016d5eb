/* Files that are about to be sent: picked, pasted or dropped, seen before they go, taken away again. */

import { h, replace, svg } from "./dom.js";
import { paper, picture, sizeOf } from "./media.js";
import { toast } from "./parts.js";

const ACCEPTED = "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/*,.md,.csv,.json,.log,.yaml,.yml,.toml,.py,.js,.ts,.sh,.sql";
const LONGEST_SIDE = 2400;
const CLIP = "M6.5 10.5 11 6a2 2 0 0 1 3 3l-6 6a3.6 3.6 0 0 1-5-5l6-6";

export class Tray {
  #limits;
  #files = [];
  #changed;
  #picker = h("input", { type: "file", multiple: true, accept: ACCEPTED, hidden: true, tabindex: "-1", "aria-label": "Files to attach", onchange: () => this.#picked() });
  #list = h("ul", { class: "tray", "aria-label": "Attached files" });

  /* limits: policy.attachments of the greeting. `changed` is told when something is added or taken away. */
  constructor(limits, changed = () => {}) {
    this.#limits = limits;
    this.#changed = changed;
    this.button = h("button", { type: "button", class: "quiet attach", "aria-label": "Attach files", title: "Attach files", onclick: () => this.#picker.click() }, icon());
    this.node = h("div", { class: "tray-frame", hidden: true }, this.#list, this.#picker);
  }

  get size() {
    return this.#files.length;
  }

  /* Files that are pasted into `area` or dropped onto `ground` come here. */
  listen(area, ground) {
    area.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) (event.preventDefault(), this.add(files));
    });
    const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const over = (event) => carries(event) && (event.preventDefault(), ground.classList.add("dropping"));
    ground.addEventListener("dragenter", over);
    ground.addEventListener("dragover", over);
    ground.addEventListener("dragleave", (event) => ground.contains(event.relatedTarget) || ground.classList.remove("dropping"));
    ground.addEventListener("drop", (event) => {
      ground.classList.remove("dropping");
      if (carries(event)) (event.preventDefault(), this.add([...event.dataTransfer.files]));
    });
  }

  async add(files) {
    for (const file of files) {
      if (this.#files.length >= this.#limits.maxCount) {
        toast(new Error(`A message takes ${this.#limits.maxCount} files at most.`));
        break;
      }
      try {
        this.#files.push(await this.#prepared(file));
      } catch (error) {
        toast(error);
      }
      this.#draw();
    }
  }

  /* Whole, as `take` gave them: for a message that was not taken. */
  putBack(files) {
    this.#files.push(...files);
    this.#draw();
  }

  take() {
    const taken = this.#files;
    this.#files = [];
    this.#draw();
    return taken;
  }

  #picked() {
    const files = [...this.#picker.files];
    this.#picker.value = "";
    this.add(files);
  }

  async #prepared(file) {
    const drawn = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
    const most = drawn ? this.#limits.maxImageBytes : this.#limits.maxBytes;
    const blob = drawn && file.type !== "image/gif" ? await fitting(file, most) : file;
    if (!blob.size) throw new Error(`${file.name} is empty.`);
    if (blob.size > most) throw new Error(`${file.name} is larger than ${sizeOf(most)}, the most that is taken.`);
    if (this.#files.reduce((sum, each) => sum + each.blob.size, blob.size) > this.#limits.maxTotalBytes)
      throw new Error(`The files of one message may have ${sizeOf(this.#limits.maxTotalBytes)} together.`);
    return { name: file.name || "pasted.png", type: blob.type || file.type, blob, url: drawn ? URL.createObjectURL(blob) : null };
  }

  #draw() {
    replace(this.#list, this.#files.map((file) => h("li", {}, shown(file), this.#remover(file))));
    this.node.hidden = this.#files.length === 0;
    this.#changed();
  }

  #remover(file) {
    const words = `Remove ${file.name}`;
    return h("button", { type: "button", class: "remove", "aria-label": words, title: words, onclick: () => this.#remove(file) }, "×");
  }

  #remove(file) {
    this.#files = this.#files.filter((each) => each !== file);
    forget([file]);
    this.#draw();
    (this.#list.querySelector("button") ?? this.button).focus();
  }
}

/* One row, as a message that is on its way shows what it takes along. */
export function row(files) {
  return files.length ? h("div", { class: "enclosed" }, files.map(shown)) : null;
}

/* For chat.send. */
export function encoded(files) {
  return Promise.all(files.map(async ({ name, type, blob, url }) => ({ type: url ? "image" : "file", mimeType: type, fileName: name, content: await base64(blob) })));
}

/* Nobody looks at them any more. */
export function forget(files) {
  for (const { url } of files) if (url) URL.revokeObjectURL(url);
}

function shown({ name, blob, url }) {
  return url ? picture(url, name) : paper({ name, about: sizeOf(blob.size) });
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/* A photo of a phone is larger than any model takes: it goes smaller, not away. */
async function fitting(file, most) {
  const image = await createImageBitmap(file).catch(() => null);
  if (!image) return file;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  if (file.size <= most && (scale === 1 || file.size < most / 4)) return file;
  const canvas = h("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", 0.86));
}

function icon() {
  return svg("svg", { viewBox: "0 0 17 18", width: "17", height: "18", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": "1.4", "stroke-linecap": "round" }, svg("path", { d: CLIP }));
}
