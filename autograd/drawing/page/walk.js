// The backward pass step by step, as it should be or as beginners write it; and the paths from a node to the result.

// Each step is a group of nodes that pass their grads on. A walk records what each adds to which grad, and the first number that is wrong.
function walk(groups, run, right, wrong) {
  const grads = [], exact = [];
  if (wrong === "nozero") for (const i of run.order) if (!nodes[i].op) grads[i] = right[i]; // the nodes between are new in each pass
  grads[root] = ones(nodes[root]);
  let firstWrong = null;
  const steps = (wrong === "order" ? groups : groups.toReversed()).map((group) => {
    const parts = [], members = wrong === "order" ? group.members : group.members.toReversed();
    for (const i of members) {
      const node = nodes[i];
      if (!node.op) continue;
      const up = grads[i] ?? zeros(node), isReached = (right ?? grads)[i] !== undefined;
      const added = isReached ? contributions(node, run.saved, up) : node.in.map(() => null);
      const should = wrong && isReached ? contributions(node, run.saved, right[i]) : added;
      added.forEach((add, slot) => {
        const x = node.in[slot];
        if (typeof x === "string" || !nodes[x].learns) return;
        const part = { node: i, x, slot, up, add, before: grads[x], isReached, isWrong: false };
        if (should[slot] !== null) exact[x] = plus(exact[x], should[slot]);
        if (add !== null) grads[x] = wrong === "assign" ? add : plus(grads[x], add);
        part.after = grads[x];
        part.should = exact[x];
        if (wrong && !firstWrong && !isClose(part.after, part.should)) {
          part.isWrong = true;
          firstWrong = part;
        }
        parts.push(part);
      });
    }
    return { group, parts };
  });
  steps.forEach((step, i) => { if (firstWrong && step.parts.includes(firstWrong)) firstWrong.step = i; });
  return { steps, firstWrong, grads };
}

const localOf = (part) => locals(nodes[part.node], run.saved)?.[part.slot];

function isClose(a, b) {
  if (isArray(a) || isArray(b)) return !!a && !!b && a.every((x, i) => isClose(x, b[i]));
  return Object.is(a ?? 0, b ?? 0) || Math.abs((a ?? 0) - (b ?? 0)) <= 1e-9 * Math.max(1, Math.abs(b ?? 0));
}

// The first node that is not finite, in the forward pass or else in the backward pass.
function firstBadOf(run, steps) {
  const found = run.order.find((i) => isBad(run.data[i]));
  if (found !== undefined) return { id: found, what: WORDS.data, x: badEntry(run.data[found]) };
  for (const { parts } of steps) {
    const part = parts.find((p) => isBad(p.after));
    if (part) return { id: part.x, what: WORDS.grad, x: badEntry(part.after) };
  }
  return null;
}
const badEntry = (x) => (isArray(x) ? x.find((entry) => !Number.isFinite(entry)) : x);

const MANY = 20; // paths that are listed one by one

// The paths from a node to the result: for each its nodes, the slots by which it goes, its local derivatives, and what it adds to the grad
// (of an array, to one entry). More than twenty are grouped by their first step.
function pathsFrom(id, run, grads, entry = 0) {
  const count = [];
  for (const i of run.order.toReversed()) {
    count[i] = i === root ? 1 : run.users[i].reduce((sum, [user, slot]) => sum + (passes(user, slot) ? count[user] ?? 0 : 0), 0);
  }
  const total = count[id] ?? 0;
  if (total > MANY) {
    const groups = run.users[id].filter(([user]) => count[user] > 0).map(([user, slot]) => {
      const local = locals(nodes[user], run.saved)?.[slot], up = grads[user];
      const part = up === undefined ? null : contributions(nodes[user], run.saved, up)[slot];
      return { nodes: [id, user], slots: [slot], factors: [local, up], product: part === null ? 0 : entryOf(part, entry), count: count[user] };
    });
    return { total, paths: groups };
  }
  const paths = [], todo = [[[id], []]];
  while (todo.length) {
    const [way, slots] = todo.pop();
    if (way.at(-1) === root) { paths.unshift(pathOf(way, slots, run, entry)); continue; }
    for (const [user, slot] of run.users[way.at(-1)]) if (count[user] && passes(user, slot)) todo.push([[...way, user], [...slots, slot]]);
  }
  return { total, paths };
}
const passes = (user, slot) => !nodes[user].op.program || nodes[user].op.gets.includes(slot);

function pathOf(way, slots, run, entry) {
  const factors = slots.map((slot, j) => locals(nodes[way[j + 1]], run.saved)?.[slot]);
  let g = ones(nodes[root]);
  for (let j = slots.length - 1; j >= 0 && g !== null; j--) g = contributions(nodes[way[j + 1]], run.saved, g)[slots[j]];
  return { nodes: way, slots, factors, product: g === null ? 0 : entryOf(g, entry) };
}
