// What is shown: units, which are nodes or folded parts, in an order in which inputs come first; and the flows between them.
const opened = new Set(); // the nodes whose sum of products is open
const isOpen = graph.parts.map((part) => part.open);
let shown; // see build()

// The nodes, with each opened sum as products and a sum.
function expanded() {
  const all = [];
  for (const node of graph.nodes) {
    if (opened.has(node.id)) all.push(...open(node));
    else { Object.assign(node, node.closed); all.push(node.id); }
  }
  return all;
}
function open(node) {
  node.closed ??= { op: node.op, in: node.in };
  const inputs = node.closed.in, n = Math.floor(inputs.length / 2);
  node.products ??= Array.from({ length: n }, (_, i) => {
    const name = `${inputName(inputs[i])}·${inputName(inputs[n + i])}`, id = nodes.length;
    const learns = [inputs[i], inputs[n + i]].some((x) => typeof x !== "string" && nodes[x].learns);
    nodes.push({ id, name, short: name, label: null, part: node.part, learns, shape: [], op: graph.operations[node.closed.op.opens[0]], in: [inputs[i], inputs[n + i]], isProduct: true });
    return id;
  });
  Object.assign(node, { op: graph.operations[node.closed.op.opens[1]], in: [...node.products, ...inputs.slice(2 * n)] });
  return [...node.products, node.id];
}
const inputName = (x) => (typeof x === "string" ? plain(Number(x)) : nodes[x].short);

const partsAround = (part) => { // from the outermost
  const around = [];
  for (let p = part; p; p = graph.parts[p].within) around.unshift(p);
  return around;
};
const foldedAround = (part) => partsAround(part).find((p) => !isOpen[p]);

function build() {
  const all = expanded(), users = [], unitOf = new Map(), units = new Map();
  for (const i of all) users[i] = [];
  for (const i of all) nodes[i].in.forEach((x, slot) => { if (typeof x !== "string") users[x].push([i, slot]); });
  for (const i of all) {
    const part = foldedAround(nodes[i].part), key = part === undefined ? `n${i}` : `p${part}`;
    if (!units.has(key)) units.set(key, { key, part, node: part === undefined ? nodes[i] : null, members: [], into: new Set() });
    units.get(key).members.push(i);
    unitOf.set(i, units.get(key));
  }
  const flows = new Map();
  for (const i of all) nodes[i].in.forEach((x, slot) => {
    if (typeof x === "string") return;
    const a = unitOf.get(x), b = unitOf.get(i);
    if (a === b) return;
    const key = flowKey(a, b, x, i, slot);
    if (!flows.has(key)) flows.set(key, { key, a, b, pairs: [] });
    flows.get(key).pairs.push([x, i, slot]);
    b.into.add(a);
  });
  for (const unit of units.values()) {
    const computes = unit.members.some((i) => nodes[i].op);
    unit.results = unit.members.filter((i) => (nodes[i].op || !computes) && (i === root || users[i].some(([user]) => unitOf.get(user) !== unit)));
  }
  const steps = inOrder(all, units, unitOf).filter((step) => step.members.some((i) => nodes[i].op));
  shown = { order: all, users, unitOf, units, flows, steps, last: 2 * steps.length + 2 };
}
const flowKey = (a, b, x, i, slot) => (a.node && b.node ? `${x}>${i}#${slot}` : `${a.key}>${b.key}`);

// Each unit as one step, after those that it needs; where folded parts need each other in turns, each turn is a step.
function inOrder(all, units, unitOf) {
  const steps = [], state = new Map();
  let isCyclic = false;
  for (const start of units.values()) {
    const todo = [start];
    while (todo.length) {
      const unit = todo.at(-1);
      if (state.get(unit) === "done") { todo.pop(); continue; }
      if (state.get(unit) === "open") { state.set(unit, "done"); steps.push({ unit, members: unit.members }); todo.pop(); continue; }
      state.set(unit, "open");
      for (const before of [...unit.into].reverse()) {
        if (state.get(before) === "open") isCyclic = true;
        else if (!state.has(before)) todo.push(before);
      }
    }
  }
  if (!isCyclic) return steps;
  return all.reduce((turns, i) => {
    if (turns.at(-1)?.unit === unitOf.get(i)) turns.at(-1).members.push(i);
    else turns.push({ unit: unitOf.get(i), members: [i] });
    return turns;
  }, []);
}
