// The loss by epoch, and the sizes of the gradients.
const BINS = 24, SMALLEST = -7, LARGEST_POWER = 1; // powers of ten

function drawLosses() {
  const { context, width, height } = cleared($("losses")), { history, marks } = training, bottom = height - 18, top = 6;
  const last = Math.max(1, history.at(-1)[0]), finite = history.flatMap(([, a, b]) => [a, b]).filter(Number.isFinite).sort((a, b) => a - b);
  const high = (finite[Math.floor(finite.length * 0.98)] ?? 1) * 1.08 || 1; // a few steps that jump do not flatten the rest
  const left = Math.max(40, ...[high / 2, high].map((y) => context.measureText(short(y)).width + 7));
  const toX = (x) => left + (x / last) * (width - left - 6), toY = (y) => bottom - (Math.min(y, high * 1.02) / high) * (bottom - top);
  for (const y of [0, high / 2, high]) {
    line(context, [[left, toY(y)], [width, toY(y)]], { colour: ink.line, width: 1 });
    words(context, short(y), left - 5, Math.max(7, toY(y)), "right");
  }
  let labelled = -Infinity;
  for (const x of marks) {
    line(context, [[toX(x), top], [toX(x), bottom]], { colour: ink.edge, width: 1, dashes: [2, 3] });
    if (toX(x) < Math.max(labelled + 70, left + 45) || toX(x) > width - 70) continue;
    labelled = toX(x);
    words(context, "other data", labelled, height - 7, "center");
  }
  if (history.length < 2) words(context, "nothing yet: press Play or Step", (left + width) / 2, (top + bottom) / 2 + 22, "center");
  line(context, history.map(([x, , y]) => [toX(x), toY(y)]), { dashes: [3, 3] });
  line(context, history.map(([x, y]) => [toX(x), toY(y)]), { width: 2 });
  words(context, "0", left, height - 7);
  words(context, short(last), width - 2, height - 7, "right");
}

function drawGradients() {
  let layers = spec.step.filter(([, size]) => size > 1);
  if (!layers.length) layers = spec.step;
  const weights = layers.filter(([, , , name]) => !/bias/.test(name));
  layers = [...(weights.length ? weights : layers)].sort((a, b) => a[0] - b[0]).slice(0, 8);
  const rowHeight = 26, { context, width } = cleared($("gradients"), layers.length * rowHeight + 20);
  const left = Math.min(110, width * 0.3), right = width - 56, step = (right - left) / BINS;
  const share = (power) => (power - SMALLEST) / (LARGEST_POWER - SMALLEST);
  layers.forEach(([at, size, , name], row) => {
    const bins = new Array(BINS).fill(0), bottom = (row + 1) * rowHeight - 2;
    let squares = 0;
    for (let i = at; i < at + size; i++) {
      squares += g[i] * g[i];
      if (g[i]) bins[Math.max(0, Math.min(BINS - 1, Math.floor(share(Math.log10(Math.abs(g[i]))) * BINS)))]++;
    }
    const tallest = Math.max(1, ...bins);
    context.fillStyle = css(ink.rust, 0.75);
    bins.forEach((count, i) => context.fillRect(left + i * step, bottom, step - 1, -(count / tallest) * (rowHeight - 6)));
    line(context, [[left, bottom], [right, bottom]], { colour: ink.line, width: 1 });
    words(context, fitting(context, name, left - 6), left - 6, bottom - 9, "right");
    words(context, training.steps ? short(Math.sqrt(squares / size)) : "–", width - 2, bottom - 9, "right", Number.isFinite(squares) ? ink.ink : ink.red);
  });
  if (!training.steps) words(context, "nothing yet", (left + right) / 2, rowHeight - 11, "center");
  const y = layers.length * rowHeight + 10;
  for (const power of [-6, -4, -2, 0]) {
    words(context, power ? `10${superscript(power)}` : "1", left + share(power) * (right - left), y, "center");
  }
  words(context, "rms", width - 2, y, "right");
}
const superscript = (n) => String(n).replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
function fitting(context, text, room) {
  while (text.length > 3 && context.measureText(text).width > room) text = `…${text.slice(2)}`;
  return text;
}
