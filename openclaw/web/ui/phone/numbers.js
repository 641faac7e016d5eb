/* Whose texts are answered. */

import { h, replace } from "../dom.js";
import { ago, exact, time } from "../format.js";
import { button, busy, confirmed, empty, failure, field, table, toast } from "../parts.js";
import { address } from "../place.js";

export async function numbers(root, rpc, house) {
  const mayChange = rpc.may("operator.admin");
  const list = h("div", { class: "panel" });
  const number = h("input", { type: "tel", placeholder: "+12015550123", required: true, autocomplete: "off" });
  const wrong = h("p", { class: "notice", "data-tone": "bad", role: "alert", hidden: true });
  const press = h("button", { class: "primary" }, "Authorise");
  const form = h("form", { class: "toolbar adding", onsubmit: (event) => (event.preventDefault(), busy(press, add)) }, field("Another number", number, "With its country."), press);

  const draw = (rows) => {
    if (!rows.length) return replace(list, empty("No number is authorised.", "Texts of strangers are kept, and not answered."));
    const columns = [
      { title: "Number", main: true, cell: (row) => row.number },
      { title: "Since", cell: (row) => (row.addedAt ? h("time", { datetime: row.addedAt, title: exact(row.addedAt) }, ago(row.addedAt)) : "") },
      { title: "By", cell: (row) => row.by },
    ];
    if (mayChange) columns.push({ title: "", number: true, cell: (row) => button("Remove", () => remove(row), { class: "quiet", "aria-label": `Remove ${row.number}` }) });
    replace(list, table(columns, rows, { caption: "Authorised numbers", link: (row) => address("phone", ["texts", row.number]) }));
  };
  const read = async () => {
    try {
      draw((await rpc.call("phone.numbers.list")).numbers);
    } catch (error) {
      replace(list, failure(error, read));
    }
  };
  const add = async () => {
    wrong.hidden = true;
    try {
      const done = await rpc.call("phone.numbers.add", { number: number.value.trim() });
      toast(done.added ? `${done.number} is authorised.` : `${done.number} was authorised already.`);
      number.value = "";
      await read();
    } catch (error) {
      wrong.hidden = false;
      replace(wrong, error.message);
    }
  };
  const remove = async (row) => {
    const sure = await confirmed(`Remove ${row.number}?`, { yes: "Remove", danger: true, detail: "Its texts are then kept and not answered any more. What was said so far stays." });
    if (!sure) return;
    await rpc.call("phone.numbers.remove", { number: row.number });
    toast(`${row.number} is no longer authorised.`);
    await read();
  };
  replace(
    root,
    h("p", { class: "muted" }, "Texts of these numbers are answered. A sender’s number can be forged, so nobody is the owner by text."),
    house.bootstrap && h("p", { class: "notice", "data-tone": "warn" }, `Until ${time(house.bootstrap.until)} the first number that texts you is authorised by itself, and you are told. Authorise your own now, and that is over.`),
    mayChange ? form : null,
    wrong,
    list,
  );
  rpc.on("online", read);
  await read();
}
