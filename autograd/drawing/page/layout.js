// Where everything stands: columns from left to right, in which an open part is a box with columns of its own.
const CARD = { w: 138, row: 19, margin: 11 }, ARRAY = { w: 196, row: 60 }, BADGE = 20, FRAME = { top: 30, side: 18, bottom: 12 };
const GAP = 76, NARROW = 50; // between columns: with room for a number on an arrow, and without
const LONG = 8, LINE = 70; // how much wider than high a graph may be in one line; the space between lines
const CLEAR = 0.9, CLEARER = 1.25; // a graph without long arrows is broken if it is smaller than this, and becomes so much larger
const BEND = { w: 0, h: 6, margin: 3 };
const FAR = 12; // columns over which an arrow is led around boxes; a longer one goes straight

const READABLE = 0.75; // the scale below which text is too small

// The scale at which a box fits the window.
function scaleFor({ w, h }) {
  const r = $("canvas").getBoundingClientRect(), edge = r.width < 560 ? 16 : 40;
  return Math.max(0.002, Math.min((r.width - 2 * edge) / w, (r.height - 2 * edge) / h, 1.3));
}

function laidOut() {
  const { w, h, ...found } = place(0), whole = { ...found, box: { w, h }, lines: 1 };
  if (found.frames.length) return whole;
  if (w >= LONG * h) return inLines(found, w, h, Math.round(Math.sqrt(w / (1.6 * (h + LINE)))));
  if (found.bends.size || scaleFor(whole.box) >= CLEAR) return whole;
  const broken = [2, 3].map((count) => inLines({ ...found, places: new Map(found.places) }, w, h, count));
  const best = broken.sort((a, b) => scaleFor(b.box) - scaleFor(a.box))[0];
  return scaleFor(best.box) > CLEARER * scaleFor(whole.box) ? best : whole;
}

// A long chain continues in a new line, like text.
function inLines({ places, bends, ...found }, w, h, count) {
  const length = w / count, lines = new Map();
  for (const p of [...places.values(), ...[...bends.values()].flat()]) { // a column stays whole
    const line = Math.min(count - 1, Math.floor(p.x / length));
    lines.set(line, Math.min(lines.get(line) ?? Infinity, p.x));
  }
  const moved = (p) => {
    const line = Math.min(count - 1, Math.floor(p.x / length));
    return { ...p, x: p.x - lines.get(line), y: p.y + line * (h + LINE) };
  };
  for (const [key, p] of places) places.set(key, moved(p));
  for (const [key, list] of bends) bends.set(key, list.map(moved));
  const right = Math.max(...[...places.values()].map((p) => p.x + p.w));
  return { ...found, places, bends, box: { w: right, h: count * (h + LINE) - LINE }, lines: count, pitch: h + LINE };
}

// Lays out what is directly in a part. Places are relative to the part, until its own place is known.
// `bends` are the points by which arrows from an item are led, by the part and the item; `ranks` are the columns of the items.
function place(part) {
  const places = new Map(), frames = [], bends = new Map(), ranks = new Map(), items = [...itemsOf(part).values()];
  for (const item of items) Object.assign(item, item.unit ? sizeOf(item.unit) : { inside: place(item.part) });
  for (const item of items) if (item.inside) Object.assign(item, { w: item.inside.w, h: item.inside.h, margin: CARD.margin });
  ranked(items);
  const columns = withBends([...items, ...portsOf(part, items)]);
  sorted(columns);
  aligned(columns);
  const top = part ? FRAME.top : 0, side = part ? FRAME.side : 0;
  const shift = top - Math.min(...columns.flat().map((item) => item.y));
  let x = side, end = side, bottom = 0;
  for (const column of columns) {
    const width = Math.max(...column.map((item) => item.w));
    for (const item of column) {
      const at = { x: x + (width - item.w) / 2, y: item.y + shift + item.margin }, moved = (p) => ({ ...p, x: p.x + at.x, y: p.y + at.y });
      bottom = Math.max(bottom, at.y + item.h + item.margin);
      if (item.isBend) {
        const key = `${part}:${item.from}`;
        bends.set(key, [...(bends.get(key) ?? []), { rank: item.rank, x, y: at.y + item.h / 2, w: width }]);
        continue;
      }
      ranks.set(`${part}:${item.key}`, item.rank);
      if (item.unit) { places.set(item.unit.key, { ...at, w: item.w, h: item.h, badge: item.badge, row: item.row }); continue; }
      for (const [key, p] of item.inside.places) places.set(key, moved(p));
      for (const [key, list] of item.inside.bends) bends.set(key, list.map(moved));
      for (const [key, rank] of item.inside.ranks) ranks.set(key, rank);
      frames.push({ part: item.part, ...at, w: item.w, h: item.h }, ...item.inside.frames.map(moved));
    }
    x += width;
    end = x;
    x += column.every(isOfArrays) ? NARROW : GAP;
  }
  return { places, frames, bends, ranks, w: end + side, h: bottom + (part ? FRAME.bottom : 0) };
}

// Whether no number stands on the arrows that come from an item.
const isOfArrays = (item) => [...(item.units ?? [])].every((unit) => unit.results.every((i) => nodes[i].shape.length));

const partOf = (unit) => (unit.part === undefined ? unit.node.part : graph.parts[unit.part].within);

// The line of an arrow: from the right edge of one box, by its bends, to the left edge of another.
function lineOf(flow, layout) {
  const from = layout.places.get(flow.a.key), to = layout.places.get(flow.b.key);
  const aroundA = partsAround(partOf(flow.a)), aroundB = partsAround(partOf(flow.b));
  let depth = 0;
  while (depth < aroundA.length && aroundA[depth] === aroundB[depth]) depth++;
  const common = depth ? aroundA[depth - 1] : 0, key = (around, unit) => `${common}:${around[depth] === undefined ? unit.key : `open${around[depth]}`}`;
  const last = layout.ranks.get(key(aroundB, flow.b));
  const points = [[from.x + from.w, from.y + from.h / 2]];
  const isFar = last > layout.ranks.get(key(aroundA, flow.a)) + FAR;
  for (const bend of layout.bends.get(key(aroundA, flow.a)) ?? []) if (bend.rank < last && !isFar) points.push([bend.x, bend.y], [bend.x + bend.w, bend.y]);
  for (let inner = depth; inner < aroundB.length; inner++) { // into open parts
    const within = aroundB[inner], target = layout.ranks.get(`${within}:${aroundB[inner + 1] === undefined ? flow.b.key : `open${aroundB[inner + 1]}`}`);
    for (const bend of layout.bends.get(`${within}:${flow.a.key}`) ?? []) if (bend.rank < target) points.push([bend.x, bend.y], [bend.x + bend.w, bend.y]);
  }
  points.push([to.x, to.y + to.h / 2]);
  return points;
}
function curve(points, pitch) {
  let d = `M${points[0].map(Math.round).join(" ")}`;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1], [x1, y1] = points[i], c = Math.max(GAP / 2, Math.abs(x1 - x0) / 2);
    const between = pitch ? pitch * Math.ceil(y0 / pitch) - LINE / 2 : (y0 + y1) / 2;
    if (x1 < x0) { d += `h24V${Math.round(between)}H${Math.round(x1 - 24)}V${Math.round(y1)}H${Math.round(x1)}`; continue; } // to a new line
    d += Math.abs(y1 - y0) < 1 ? `L${Math.round(x1)} ${Math.round(y1)}` : `C${Math.round(x0 + c)} ${Math.round(y0)} ${Math.round(x1 - c)} ${Math.round(y1)} ${Math.round(x1)} ${Math.round(y1)}`;
  }
  return d;
}

function sizeOf(unit) {
  const { node } = unit, badge = node?.op ? BADGE : 0;
  const isArrayCard = node ? node.shape.length > 0 : unit.results.some((i) => nodes[i].shape.length);
  const results = node ? [node.id] : unit.results, isConstant = node?.learns === false;
  const { w, row } = !isArrayCard ? CARD : results.length === 1 ? sizeOfArray(nodes[results[0]].shape) : ARRAY;
  return { w: w + badge, h: isConstant ? 36 + row : 40 + 2 * row, margin: CARD.margin, badge, row };
}

// Room for the name of a row, and for the array as numbers or as a heat map.
function sizeOfArray(shape) {
  const [rows, columns] = rowsOf(shape), size = rows * columns, cell = Math.min(HEAT.w / columns, HEAT.h / rows);
  const inside = isTable(size, rows, columns) ? { w: 56 * columns, h: 13 * rows } : size ? { w: cell * columns, h: cell * rows } : { w: 0, h: 0 };
  return { w: Math.max(CARD.w, 66 + inside.w), row: Math.max(24, 10 + inside.h) };
}

function itemsOf(part) { // the units and the open parts directly in a part, with what flows between them
  const items = new Map(), itemOf = new Map(), depth = part ? partsAround(part).length : 0;
  for (const unit of shown.units.values()) {
    const around = partsAround(unit.part === undefined ? unit.node.part : graph.parts[unit.part].within);
    if (part && around[depth - 1] !== part) continue;
    const inner = around[depth], key = inner === undefined ? unit.key : `open${inner}`;
    if (!items.has(key)) items.set(key, { key, unit: inner === undefined ? unit : null, part: inner, into: new Set(), outOf: new Set(), units: new Set(), index: items.size });
    items.get(key).units.add(unit);
    itemOf.set(unit, items.get(key));
  }
  for (const unit of shown.units.values()) for (const before of unit.into) {
    const a = itemOf.get(before), b = itemOf.get(unit);
    if (a && b && a !== b) { b.into.add(a); a.outOf.add(b); }
  }
  return items;
}

// Where arrows from outside come into an open part, if they go to more than its first column.
function portsOf(part, items) {
  if (!part) return [];
  const ports = new Map(), inside = new Set(items.flatMap((item) => [...item.units]));
  for (const item of items) {
    if (!item.rank) continue;
    for (const unit of item.units) for (const before of unit.into) {
      if (inside.has(before)) continue;
      if (!ports.has(before)) ports.set(before, { ...BEND, isBend: true, from: before.key, rank: 0, outOf: new Set(), index: ports.size - 1000 });
      ports.get(before).outOf.add(item);
    }
  }
  return [...ports.values()];
}

// The column of each item: after its inputs; of an item without inputs, just before its first use.
function ranked(items) {
  const waiting = new Map(items.map((item) => [item, item.into.size])), ready = items.filter((item) => !item.into.size), done = new Set();
  for (const item of items) item.rank = 0;
  while (done.size < items.length) {
    const item = ready.shift() ?? items.find((other) => !done.has(other)); // parts that need each other in turns
    if (done.has(item)) continue;
    done.add(item);
    for (const next of item.outOf) {
      if (done.has(next)) continue;
      next.rank = Math.max(next.rank, item.rank + 1);
      waiting.set(next, waiting.get(next) - 1);
      if (waiting.get(next) === 0) ready.push(next);
    }
  }
  for (const item of items) if (!item.into.size && item.outOf.size) item.rank = Math.max(0, Math.min(...[...item.outOf].map((next) => next.rank)) - 1);
}

// The columns, with a bend in each column that an arrow crosses, so that it is led between the boxes.
function withBends(items) {
  const columns = [];
  for (const item of items) (columns[item.rank] ??= []).push(item);
  for (let i = 0; i < columns.length; i++) columns[i] ??= [];
  for (const item of items) {
    item.right = [];
    const far = [...item.outOf].filter((next) => next.rank > item.rank + 1 && next.rank <= item.rank + FAR);
    item.right.push(...[...item.outOf].filter((next) => next.rank === item.rank + 1));
    const last = far.reduce((most, next) => Math.max(most, next.rank), 0);
    let before = item;
    for (let rank = item.rank + 1; rank < last; rank++) {
      const bend = { ...BEND, isBend: true, from: item.from ?? item.key, rank, right: [], index: item.index };
      before.right.push(bend);
      columns[rank].push(bend);
      bend.right.push(...far.filter((next) => next.rank === rank + 1));
      before = bend;
    }
  }
  for (const item of columns.flat()) item.left = [];
  for (const item of columns.flat()) for (const next of item.right) next.left.push(item);
  return columns.filter((column) => column.length);
}

// The order in each column: as computed, then with what is connected side by side.
function sorted(columns) {
  for (const column of columns) column.sort((a, b) => a.index - b.index).forEach((item, i) => { item.place = i; });
  const sweep = (column, side) => {
    for (const item of column) {
      const beside = item[side];
      item.wish = beside.length ? beside.reduce((sum, other) => sum + other.place / columnLength(other), 0) / beside.length * column.length : item.place;
    }
    column.sort((a, b) => a.wish - b.wish || a.index - b.index).forEach((item, i) => { item.place = i; });
  };
  const lengths = new Map(columns.flatMap((column) => column.map((item) => [item, column.length])));
  const columnLength = (item) => lengths.get(item);
  let best = null;
  for (let round = 0; round < 6; round++) {
    const crossings = columns.length < 60 ? crossingsOf(columns) : 0;
    if (!best || crossings < best.crossings) best = { crossings, order: columns.map((column) => [...column]) };
    if (!crossings) break;
    for (let i = columns.length - 2; i >= 0; i--) sweep(columns[i], "right");
    for (let i = 1; i < columns.length; i++) sweep(columns[i], "left");
  }
  best.order.forEach((column, i) => { columns[i].splice(0, column.length, ...column); column.forEach((item, j) => { item.place = j; }); });
}
function crossingsOf(columns) {
  let count = 0;
  for (const column of columns) {
    const ends = column.flatMap((item) => item.right.map((next) => next.place).sort((a, b) => a - b));
    if (ends.length > 400) return 0;
    for (let i = 0; i < ends.length; i++) for (let j = i + 1; j < ends.length; j++) if (ends[j] < ends[i]) count++;
  }
  return count;
}

// The height of each item: near to what it is connected with, without overlaps.
function aligned(columns) {
  for (const column of columns) {
    let y = 0;
    for (const item of column) { item.y = y; y += roomOf(item); }
    for (const item of column) item.y -= y / 2;
  }
  const middle = (item) => item.y + roomOf(item) / 2;
  for (let round = 0; round < 8; round++) {
    const way = round % 2 ? columns : columns.toReversed();
    for (const column of way) {
      for (const item of column) {
        const beside = round === 7 ? [...item.left, ...item.right] : item[round % 2 ? "left" : "right"];
        item.goal = beside.length ? beside.reduce((sum, other) => sum + middle(other), 0) / beside.length - roomOf(item) / 2 : item.y;
      }
      spread(column);
    }
  }
}
const roomOf = (item) => item.h + 2 * item.margin;
// Puts items at their goals in the given order; those that would overlap share their shift.
function spread(column) {
  const blocks = [];
  for (const item of column) {
    let block = { items: [item], sum: item.goal, size: roomOf(item) };
    while (blocks.length) {
      const above = blocks.at(-1), top = above.sum / above.items.length;
      if (top + above.size <= block.sum / block.items.length) break;
      blocks.pop();
      block = { items: [...above.items, ...block.items], sum: above.sum + block.sum - above.size * block.items.length, size: above.size + block.size };
    }
    blocks.push(block);
  }
  for (const block of blocks) {
    let y = block.sum / block.items.length;
    for (const item of block.items) { item.y = y; y += roomOf(item); }
  }
}
