// The graph, and its two passes. A node is known by its number; a node's inputs have smaller numbers.
const graph = JSON.parse($("graph-data").textContent);
const root = graph.root;
const STORES = {
  f8: Float64Array, f4: Float32Array, b1: Uint8Array, i4: Int32Array, i2: Int16Array, i1: Int8Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array,
};

function decoded(x) { // a number, or an array
  if (typeof x === "string") return Number(x);
  const bytes = Uint8Array.from(atob(x.bytes), (c) => c.charCodeAt(0));
  return new STORES[x.type](bytes.buffer);
}

graph.operations.forEach((op, i) => { op.program = PROGRAMS[i]?.(); });
graph.nodes.forEach((node, i) => {
  node.id = i;
  node.label = node.isLabelled ? node.name : null;
  node.op = graph.operations[node.op];
  node.in ??= [];
  node.shape ??= node.value?.shape ?? [];
  if (node.value !== undefined) node.value = decoded(node.value);
  node.parts = node.parts?.map((part) => (part === null ? null : decoded(part)));
  node.isLeaf = !node.op && node.learns;
});
const nodes = [...graph.nodes]; // with those that opening a sum adds
const order = graph.nodes.map((node) => node.id); // inputs first
const first = new Map(order.filter((i) => !nodes[i].op).map((i) => [i, nodes[i].value]));
const values = new Map([...first].map(([i, x]) => [i, isArray(x) ? x.slice() : x]));

// The numbers of all nodes in an order, where one of them may be given.
function forward(order, given = -1, x = 0) {
  const data = [], saved = [];
  for (const i of order) {
    const node = nodes[i];
    if (i === given) data[i] = x;
    else if (!node.op) data[i] = values.get(i);
    else if (!node.op.program) data[i] = node.value;
    if (!node.op?.program) continue;
    const [[out], kept] = node.op.program.forward(...node.op.takes.map((slot) => input(node, slot, data)));
    saved[i] = kept;
    if (i !== given) data[i] = out;
  }
  return { data, saved };
}
const input = (node, slot, data) => (typeof node.in[slot] === "string" ? Number(node.in[slot]) : data[node.in[slot]]);

// What a node adds to the gradient of each input: a list with null for an input that gets nothing.
function contributions(node, saved, g) {
  const { op } = node, parts = node.in.map(() => null);
  if (!op.program) return node.parts;
  const found = op.program.backward(saved[node.id], g);
  op.gets.forEach((slot, i) => {
    const x = node.in[slot];
    if (typeof x === "string" || !nodes[x].learns) return;
    const part = found[i];
    if (op.chooses && (isArray(part) ? part.every((entry) => entry === 0) : part === 0)) return; // it was not chosen
    parts[slot] = part;
  });
  return parts;
}

// The local derivatives of a node whose inputs and result are numbers; else null.
function locals(node, saved) {
  if (!node.op.ofNumbers) return null;
  if (!node.op.program) return null;
  const found = node.op.program.backward(saved[node.id], 1), all = node.in.map(() => 0);
  node.op.gets.forEach((slot, i) => { all[slot] = found[i]; });
  return all;
}

function plus(a, b) {
  if (a === undefined) return isArray(b) ? b.slice() : b;
  return isArray(b) ? b.map((entry, i) => entry + a[i]) : a + b;
}
const ones = (node) => (node.shape.length ? new Float64Array([1]) : 1);
const zeros = (node) => (node.shape.length ? new Float64Array(node.shape.reduce((a, b) => a * b, 1)) : 0);

function backward(order, saved) {
  const grads = [];
  grads[root] = ones(nodes[root]);
  for (const i of order.toReversed()) {
    const node = nodes[i];
    if (!node.op || grads[i] === undefined) continue;
    contributions(node, saved, grads[i]).forEach((part, slot) => {
      if (part !== null) grads[node.in[slot]] = plus(grads[node.in[slot]], part);
    });
  }
  return grads;
}

const entryOf = (x, entry) => (isArray(x) ? x[entry] : x);
function nested(x, shape) { // as lists in lists
  if (!isArray(x)) return x ?? null;
  const build = (axis, start) => {
    const size = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Array.from({ length: shape[axis] }, (_, i) => (axis === shape.length - 1 ? x[start + i] : build(axis + 1, start + i * size)));
  };
  return build(0, 0);
}
function indexOf(shape, entry) { // of an entry in an array
  const index = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) { index.unshift(entry % shape[axis]); entry = Math.floor(entry / shape[axis]); }
  return index;
}
