/* Two texts, line by line. Pure. */

const MOST_EDITS = 1500; // beyond that two texts have nothing in common that a person would want to see

/* [{kind: "same" | "gone" | "new", text, before, after}]: the line's number in the text before and in the one after,
   null where it is not in it. Of all ways from one to the other a shortest one. */
export function lineDiff(before, after) {
  const [one, two] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < one.length && head < two.length && one[head] === two[head]) head++;
  let tail = 0;
  while (tail < one.length - head && tail < two.length - head && one.at(-1 - tail) === two.at(-1 - tail)) tail++;
  const kinds = [
    ...Array(head).fill("same"),
    ...shortest(one.slice(head, one.length - tail), two.slice(head, two.length - tail)),
    ...Array(tail).fill("same"),
  ];
  let [at, to] = [0, 0];
  return kinds.map((kind) => {
    if (kind === "new") return { kind, text: two[to], before: null, after: ++to };
    if (kind === "gone") return { kind, text: one[at], before: ++at, after: null };
    return { kind, text: one[at], before: ++at, after: ++to };
  });
}

/* The changed lines with some around them: [[line, …], …], one list for each place that changed. */
export function hunks(lines, around = 3) {
  const found = [];
  let last = -Infinity;
  lines.forEach((line, place) => {
    if (line.kind === "same") return;
    const from = Math.max(0, place - around);
    if (from > last) found.push([]);
    const hunk = found.at(-1);
    for (let each = Math.max(from, last); each < Math.min(lines.length, place + around + 1); each++) hunk.push(lines[each]);
    last = Math.max(last, Math.min(lines.length, place + around + 1));
  });
  return found;
}

function linesOf(text) {
  const lines = text.split(/\r\n|\n|\r/);
  // A line's end is no line of its own.
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/* Myers: how far each diagonal reaches with so many edits, then back along the way. */
function shortest(one, two) {
  const reach = new Map([[1, 0]]);
  const steps = [];
  for (let edits = 0; edits <= Math.min(one.length + two.length, MOST_EDITS); edits++) {
    steps.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = diagonal === -edits || (diagonal !== edits && reach.get(diagonal - 1) < reach.get(diagonal + 1));
      let x = down ? reach.get(diagonal + 1) : reach.get(diagonal - 1) + 1;
      let y = x - diagonal;
      while (x < one.length && y < two.length && one[x] === two[y]) (x++, y++);
      reach.set(diagonal, x);
      if (x >= one.length && y >= two.length) return backwards(steps, one.length, two.length);
    }
  }
  return [...Array(one.length).fill("gone"), ...Array(two.length).fill("new")];
}

function backwards(steps, x, y) {
  const kinds = [];
  for (let edits = steps.length - 1; edits >= 0; edits--) {
    const reach = steps[edits];
    const diagonal = x - y;
    const down = diagonal === -edits || (diagonal !== edits && reach.get(diagonal - 1) < reach.get(diagonal + 1));
    const from = down ? diagonal + 1 : diagonal - 1;
    const [oldX, oldY] = [reach.get(from), reach.get(from) - from];
    while (x > oldX && y > oldY && x > 0 && y > 0) (kinds.push("same"), x--, y--);
    if (edits > 0) (kinds.push(down ? "new" : "gone"), down ? y-- : x--);
  }
  return kinds.reverse();
}
