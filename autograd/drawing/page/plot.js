// The result over the selected number, with its tangent.
const PLOT = { w: 356, h: 190, left: 10, right: 346, top: 20, bottom: 168, points: 120 };
let range = null;
const resetRange = () => { range = null; };

// The numbers that the slider and the plot span: around the first number, unless the present one is outside of that.
function rangeAround(x) {
  if (range && (isBad(x) || (x >= range.low && x <= range.high))) return range;
  const before = first.has(state.selected) ? entryOf(first.get(state.selected), state.entry) : x;
  const centre = [before, x, 0].find((c, i) => Number.isFinite(c) && (i > 0 || !Number.isFinite(x) || Math.abs(x - c) <= Math.max(2, 1.5 * Math.abs(c))));
  const radius = Math.max(2, 1.5 * Math.abs(centre));
  range = { low: centre - radius, high: centre + radius };
  return range;
}

function plot() {
  const id = state.selected, node = nodes[id], x = entryOf(run.data[id], state.entry), y = entryOf(run.data[root], 0);
  const slope = right[id] === undefined ? 0 : entryOf(right[id], state.entry), { low, high } = rangeAround(x);
  const began = performance.now(), points = [[x, y]];
  resultAt(id, low);
  const n = Math.max(16, Math.min(PLOT.points, Math.floor(60 / Math.max(0.01, performance.now() - began)))); // within 60 ms
  for (let k = 0; k <= n; k++) { const u = low + ((high - low) * k) / n; points.push([u, resultAt(id, u)]); }
  points.sort((a, b) => a[0] - b[0]);
  const finite = points.map((p) => p[1]).filter(Number.isFinite);
  const least = Math.min(...finite), most = Math.max(...finite);
  let bottom = least, top = most;
  if (!(top - bottom > 1e-9)) { bottom = (finite[0] ?? 0) - 1; top = (finite[0] ?? 0) + 1; }
  const margin = 0.1 * (top - bottom);
  bottom -= margin;
  top += margin;
  const X = (u) => PLOT.left + ((u - low) / (high - low)) * (PLOT.right - PLOT.left), Y = (v) => PLOT.bottom - ((v - bottom) / (top - bottom)) * (PLOT.bottom - PLOT.top);
  let line = "", isDown = false;
  for (const [u, v] of points) {
    if (Number.isFinite(v)) line += `${isDown ? "L" : "M"}${X(u).toFixed(1)} ${Y(v).toFixed(1)}`;
    isDown = Number.isFinite(v);
  }
  const isWhole = Number.isFinite(x) && Number.isFinite(y), axes = [];
  if (bottom < 0 && top > 0) axes.push(`<path class="axis" d="M${PLOT.left} ${Y(0)}H${PLOT.right}"/>`);
  if (low < 0 && high > 0) axes.push(`<path class="axis" d="M${X(0)} ${PLOT.top}V${PLOT.bottom}"/>`);
  const tangent = isWhole && Number.isFinite(slope) ? `<path class="tangent" clip-path="url(#inside)" d="M${X(low)} ${Y(y + slope * (low - x))}L${X(high)} ${Y(y + slope * (high - x))}"/>` : "";
  const name = selectedName();
  $("plot").innerHTML = `<title>${esc(WORDS.plot(nodes[root].name, name, plain(x), plain(y), plain(slope)))}</title><clipPath id="inside"><rect x="4" y="10" width="348" height="166"/></clipPath>${axes.join("")}<path class="curve" d="${line}"/>${tangent}
    ${isWhole ? `<circle cx="${X(x)}" cy="${Y(y)}" r="6"/>` : ""}<text x="10" y="184">${esc(name)} = ${plain(low)}</text>
    <text x="346" y="184" text-anchor="end">${plain(high)}</text><text x="10" y="14">${esc(nodes[root].name)}: ${finite.length ? plain(least) : "–"}${least < most ? ` … ${plain(most)}` : ""}</text>`;
  $("plot").classList.toggle("fixed", !node.isLeaf);
}

function listenToPlot() {
  const svg = $("plot");
  const drag = (event) => {
    if (!(event.buttons & 1) || !nodes[state.selected]?.isLeaf) return;
    const r = svg.getBoundingClientRect(), share = (((event.clientX - r.left) / r.width) * PLOT.w - PLOT.left) / (PLOT.right - PLOT.left);
    setLeaf(state.selected, Number((range.low + Math.max(0, Math.min(1, share)) * (range.high - range.low)).toPrecision(3)), state.entry);
  };
  svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); drag(event); });
  svg.addEventListener("pointermove", drag);
}
