// The picture of the network: units in columns, with what each answers; edges by the sign and the size of their weight.
const ROOM = { top: 24, left: 24, right: 20, gap: 6, least: 9, most: 38 };
const pictures = new Map(); // for each unit, its picture
let selected = null; // { column, unit, edge }: a weight, or the bias where edge is −1
let lit = null; // { columns, isBack }: what a walk is at
let units = [], box = 0; // where the units stand: for each column of [x, y]

const columnNames = () => ["inputs", ...spec.columns.map(({ functions }, c) => {
  const name = c === spec.columns.length - 1 ? "output" : `layer ${c + 1}`;
  return functions.length ? `${name}: ${functions.slice(0, 2).join(", ")}` : name;
})];
const unitName = (column, unit) => {
  if (column === 0) return `x${unit + 1}`;
  const isLast = column === spec.columns.length, count = spec.columns[column - 1].edges.length;
  return isLast && count === 1 ? "output" : `${isLast ? "output" : `layer ${column}, neuron`} ${unit + 1}`;
};
const counts = () => [inputs, ...spec.columns.map((column) => column.edges.length)];
const weightOf = ({ column, unit, edge }) => {
  const { biases, edges } = spec.columns[column - 1];
  return edge < 0 ? biases[unit] : edges[unit][edge][2];
};
const nameOfWeight = (at) => spec.parameters.map(({ name, shape, at: all }) => {
  const i = all.indexOf(at);
  if (i < 0) return null;
  return shape.length === 0 ? name : shape.length === 1 ? `${name}[${i}]` : `${name}[${Math.floor(i / shape.at(-1))}, ${i % shape.at(-1)}]`;
}).find((name) => name);

function layOut(width) {
  const widths = counts(), most = Math.max(...widths), height = Math.max(260, Math.min(most > 16 ? 640 : 470, ROOM.top + most * 46));
  box = Math.max(ROOM.least, Math.min(ROOM.most, (height - ROOM.top) / most - ROOM.gap, (width / widths.length) * 0.55));
  const left = ROOM.left + box / 2, right = width - ROOM.right - box / 2, apart = (height - ROOM.top) / most;
  units = widths.map((n, c) => {
    const x = left + (c / (widths.length - 1)) * (right - left), middle = (ROOM.top + height) / 2;
    return Array.from({ length: n }, (_, u) => [x, middle + (u - (n - 1) / 2) * Math.min(apart, box + 26)]);
  });
  return height;
}

function drawNet() {
  const canvas = $("net"), wide = canvas.getBoundingClientRect().width;
  const { context } = cleared(canvas, layOut(wide)), largest = Math.max(1e-9, ...Array.from(p, Math.abs).filter(Number.isFinite));
  if (wide > 460) columnNames().forEach((name, c) => {
    const [align, x] = c === 0 ? ["left", 2] : c === units.length - 1 ? ["right", wide - 2] : ["center", units[c][0][0]];
    words(context, name, x, 8, align);
  });
  eachEdge((column, unit, edge, [fromColumn, from, at]) => {
    const w = p[at], size = at < 0 ? 0.08 : Math.abs(w) / largest, colour = Number.isNaN(w) ? ink.red : sided(w);
    curve(context, units[fromColumn][from], units[column][unit]);
    context.strokeStyle = at < 0 ? css(ink.edge, 0.6) : css(colour, 0.25 + 0.75 * Math.min(1, 2 * (Number.isNaN(size) ? 1 : size)));
    context.lineWidth = 0.5 + 5.5 * Math.min(1, size || 0);
    context.stroke();
  });
  if (selected && selected.edge >= 0) {
    const [fromColumn, from] = spec.columns[selected.column - 1].edges[selected.unit][selected.edge];
    curve(context, units[fromColumn][from], units[selected.column][selected.unit]);
    context.strokeStyle = css(ink.ink);
    context.lineWidth = 2.5;
    context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
  }
  units.forEach((column, c) => column.forEach(([x, y], u) => drawUnit(context, c, u, x, y)));
  for (const c of lit?.columns ?? []) { // which the walk is at
    const [[x, first]] = units[c], [, last] = units[c].at(-1), far = box / 2 + 3;
    context.strokeStyle = css(lit.isBack ? ink.rust : ink.plus);
    context.lineWidth = 2.5;
    context.strokeRect(x - far, first - far, 2 * far, last - first + 2 * far);
  }
}

function eachEdge(visit) {
  spec.columns.forEach((column, c) => column.edges.forEach((edges, unit) => edges.forEach((edge, i) => visit(c + 1, unit, i, edge))));
}

function curve(context, [x, y], [toX, toY]) {
  const middle = (x + toX) / 2;
  context.beginPath();
  context.moveTo(x + box / 2, y);
  context.bezierCurveTo(middle, y, middle, toY, toX - box / 2, toY);
}

function drawUnit(context, c, u, x, y) {
  const size = box, left = x - size / 2, top = y - size / 2, key = `${c} ${u}`;
  const isSelected = selected && selected.column === c && selected.unit === u;
  context.fillStyle = css(ink.card);
  context.fillRect(left, top, size, size);
  if (inputs === 2) {
    context.imageSmoothingEnabled = true;
    if (pictures.has(key)) context.drawImage(pictures.get(key), left, top, size, size);
  } else drawProfile(context, answers[c][u], left, top, size);
  context.strokeStyle = css(isSelected ? ink.ink : ink.edge);
  context.lineWidth = isSelected ? 2 : 1;
  context.strokeRect(left, top, size, size);
  if (c === 0) words(context, `x${inputs > 1 ? u + 1 : ""}`, left - 4, y, "right");
}

// Each unit over the plane, on every other point of the grid, from the answers that the plane is drawn from.
function paintUnits() {
  if (inputs !== 2) return;
  const half = GRID / 2, last = spec.columns.length, xs = new Float64Array(half * half), colour = (i) => dot(ramp, xs[i]);
  answers.forEach((column, c) => column.forEach(({ numbers, first, step }, u) => {
    const shift = c === last && task.kind === "side" ? task.threshold : 0;
    let largest = 1e-9;
    for (let row = 0, i = 0; row < half; row++) for (let k = 0; k < half; k++, i++) {
      xs[i] = numbers[2 * (row * GRID + k) * step + first] - shift;
      const size = Math.abs(xs[i]);
      if (size > largest) largest = size;
    }
    for (let i = 0; i < xs.length; i++) xs[i] /= largest;
    pictures.set(`${c} ${u}`, picture(half, colour, pictures.get(`${c} ${u}`)));
  }));
}

// What a unit answers: a curve over the one input; for more inputs, a histogram over the data.
function drawProfile(context, unit, left, top, size) {
  const n = unit.numbers.length / unit.step, ys = Array.from({ length: n }, (_, i) => numberAt(unit, i));
  const low = Math.min(...ys), span = Math.max(...ys) - low || 1;
  if (ys.some(Number.isNaN)) { context.fillStyle = css(ink.red); context.fillRect(left, top, size, size); return; }
  if (inputs === 1) {
    const points = ys.map((y, i) => [left + (i / (n - 1)) * size, top + size - 2 - ((y - low) / span) * (size - 4)]);
    line(context, points, { colour: ink.plus, width: 1.4 });
    return;
  }
  const bins = new Array(10).fill(0);
  for (const y of ys) bins[Math.min(9, Math.floor(((y - low) / span) * 10))]++;
  const tallest = Math.max(...bins);
  bins.forEach((count, i) => {
    context.fillStyle = css(sided(low + ((i + 0.5) / 10) * span), 0.8);
    context.fillRect(left + (i / 10) * size, top + size - (count / tallest) * (size - 3), size / 10, (count / tallest) * (size - 3));
  });
}

function unitAt(x, y) {
  for (const [c, column] of units.entries()) for (const [u, [ux, uy]] of column.entries())
    if (Math.abs(x - ux) <= box / 2 && Math.abs(y - uy) <= box / 2) return [c, u];
  return null;
}

// The weight that is nearest to a point of the picture, or the bias of the unit under it.
function weightAt(x, y) {
  const there = unitAt(x, y);
  if (there) return there[0] ? { column: there[0], unit: there[1], edge: -1 } : null;
  let best = null, nearest = 8;
  eachEdge((column, unit, edge, [fromColumn, from, at]) => {
    const [x0, y0] = units[fromColumn][from], [x1, y1] = units[column][unit], a = x0 + box / 2, b = x1 - box / 2;
    if (at < 0 || x < a || x > b) return;
    // The curve, by bisection: x grows along it.
    let low = 0, high = 1;
    for (let k = 0; k < 12; k++) {
      const t = (low + high) / 2, isLeft = bezier(a, (x0 + x1) / 2, (x0 + x1) / 2, b, t) < x;
      [low, high] = isLeft ? [t, high] : [low, t];
    }
    const distance = Math.abs(bezier(y0, y0, y1, y1, low) - y);
    if (distance < nearest) { nearest = distance; best = { column, unit, edge }; }
  });
  return best;
}
const bezier = (a, b, c, d, t) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t * t * c + t ** 3 * d;
