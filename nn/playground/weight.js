// A weight by hand: its number, the loss over it with the tangent, and where its derivative comes from for one point.
const EXAMPLE = JSON.parse($("example-page").textContent); // the page of the graph of one point; empty if there is none
const CURVE_POINTS = 33, DERIVATIVE = '<span class="total">d loss / d w</span>';

function fillWeightChoice() {
  const to = $("to");
  to.replaceChildren();
  spec.columns.forEach((column, c) => column.edges.forEach((edges, unit) => {
    if (column.biases[unit] >= 0 || edges.some(([, , at]) => at >= 0)) to.append(new Option(unitName(c + 1, unit), `${c + 1} ${unit}`));
  }));
}

function selectWeight(weight) {
  selected = weight && weightOf(weight) >= 0 ? weight : weight && firstWeight(weight.column, weight.unit);
  if (!selected) return;
  const { column, unit, edge } = selected, { edges, biases } = spec.columns[column - 1], from = $("from");
  $("to").value = `${column} ${unit}`;
  from.replaceChildren();
  edges[unit].forEach(([c, u, at], i) => { if (at >= 0) from.append(new Option(unitName(c, u), i)); });
  if (biases[unit] >= 0) from.append(new Option("bias", -1));
  from.value = edge;
  showTab("weight");
  invalidate();
}

function firstWeight(column, unit) {
  const edge = spec.columns[column - 1].edges[unit].findIndex(([, , at]) => at >= 0), weight = { column, unit, edge };
  return weightOf(weight) >= 0 ? weight : null;
}

// The first weight of the unit that is chosen in the list.
function chosenUnit() {
  const [column, unit] = $("to").value.split(" ").map(Number);
  return column ? firstWeight(column, unit) : null; // a network may have no weight between two units
}

function setWeight(x) {
  p[weightOf(selected)] = x;
  invalidate();
}

function drawWeight() {
  if (!selected || $("weight-panel").hidden) return;
  const at = weightOf(selected), w = p[at], far = Math.max(4, Math.ceil(Math.abs(w) * 1.25)) || 4, slider = $("weight-slider");
  $("weight-name").textContent = nameOfWeight(at);
  if (document.activeElement !== $("weight")) $("weight").value = plain(w);
  if (document.activeElement !== slider) Object.assign(slider, { min: -far, max: far });
  slider.value = w;
  const before = g.slice(), loss = gradient(data.train), slope = g[at];
  if (!isPicked && !training.isPlaying) ringOne(at);
  const chain = chainOf(at);
  g.set(before); // the histograms show the last step
  const way = slope < 0 ? "larger" : "smaller", so = `a ${way} weight would lower the loss, so a step makes it ${way}`;
  $("weight-says").innerHTML = `The loss of all training points is <b>${num(loss)}</b>, and its derivative by this weight, the slope of
    the tangent, is <b class="total">${num(slope)}</b>: ${slope ? so : "moving it changes nothing here"}.`;
  $("chain").innerHTML = chain;
  $("example-button").hidden = !EXAMPLE || frozen.has(at);
  drawLossOver(at, w, loss, slope, Number(slider.min), Number(slider.max));
}

function drawLossOver(at, w, loss, slope, low, high) {
  const { context, width, height } = cleared($("curve")), bottom = height - 20, top = 14, left = 6, points = [];
  for (let i = 0; i < CURVE_POINTS; i++) {
    const x = low + (i / (CURVE_POINTS - 1)) * (high - low);
    p[at] = x;
    points.push([x, lossOf(data.train)]);
  }
  p[at] = w;
  const ys = points.map(([, y]) => y).filter(Number.isFinite), least = Math.min(...ys), most = Math.max(...ys), span = most - least || 1;
  const toX = (x) => left + ((x - low) / (high - low)) * (width - 2 * left), toY = (y) => bottom - ((y - least) / span) * (bottom - top);
  line(context, [[left, bottom], [width - left, bottom]], { colour: ink.line, width: 1 });
  line(context, points.map(([x, y]) => [toX(x), toY(y)]), { colour: ink.ink, width: 1.8 });
  const reach = Math.min(0.25 * (high - low), Math.abs(slope) > 1e-12 ? (0.3 * span) / Math.abs(slope) : Infinity);
  context.save();
  context.beginPath();
  context.rect(0, top - 4, width, bottom - top + 8);
  context.clip();
  line(context, [-reach, reach].map((d) => [toX(w + d), toY(loss + slope * d)]), { colour: ink.rust, width: 2, dashes: [5, 3] });
  context.restore();
  marker(context, 0, toX(w), toY(loss), 5, ink.plus, false);
  words(context, short(low), left, height - 9);
  words(context, short(high), width - left, height - 9, "right");
  words(context, `loss, ${plain(least)} to ${plain(most)}`, left, 6);
}

// The derivative for the ringed point alone: what reaches the unit, times what came in by this edge.
function chainOf(at) {
  ringed = Math.min(ringed, data.train.n - 1);
  const row = data.train.rows[ringed], one = packed(data, [row]), { column, unit, edge } = selected;
  gradient(one);
  if (frozen.has(at)) return "This weight is frozen.";
  const total = g[at], bias = spec.columns[column - 1].biases[unit], start = `For one point (point ${row + 1}, in a ring):`;
  const alone = `<p>${start} ${DERIVATIVE} = <b>${num(total)}</b>.</p>`;
  if (edge < 0) return `${alone}<p>A bias is added as it is, so its derivative is the one that reaches the sum of the neuron.</p>`;
  const [fromColumn, from] = spec.columns[column - 1].edges[unit][edge], input = numberAt(answersTo(one.X, 1)[fromColumn][from], 0);
  const reaches = bias >= 0 && !frozen.has(bias) ? g[bias] : NaN; // the derivative of a bias is that of the sum
  if (!(Math.abs(reaches * input - total) <= 1e-9 * Math.max(1, Math.abs(total)))) return alone; // the weight is used elsewhere too
  return `<p>${start}</p><p>${DERIVATIVE} = <b>${num(reaches)}</b> × <b>${num(input)}</b> = <b class="total">${num(total)}</b></p>
    <p>${num(reaches)} reaches the sum of ${unitName(column, unit)}, and ${num(input)} came in from ${unitName(fromColumn, from)}.</p>`;
}

// Unless the ringed point has a derivative by a weight, the first that has one.
function ringOne(at) {
  const has = (i) => { gradient(packed(data, [data.train.rows[i]])); return g[at] !== 0; }, before = ringed;
  ringed = Math.min(ringed, data.train.n - 1);
  if (has(ringed)) return;
  ringed = Math.max(0, data.train.rows.findIndex((_, i) => has(i)));
  if (ringed !== before) drawPlane();
}
