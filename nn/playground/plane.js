// The answer of the network: over the plane for two inputs, as a curve for one, by the margin of each point for more.
const GRID = 40; // points of the plane in each direction
let range = null; // of the inputs that are drawn: [low, high] of each
let grid = null; // the points at which the network is asked
let answers = null; // what the units answer there
let looked = null; // the column and number of the unit whose answer is shown in place of the network's
let ringed = 0, isPicked = false; // the training point whose derivatives are explained; whether the reader chose it

function spanned() {
  const spans = Array.from({ length: Math.min(inputs, 2) }, (_, k) => {
    const xs = data.X.map((row) => row[k]);
    return [Math.min(...xs), Math.max(...xs)];
  });
  const isKept = isDrawing && range && data.X.every((row) => range.every(([low, high], k) => row[k] >= low && row[k] <= high));
  if (isKept) return range; // so that the pen stays where it is
  if (choices.set === "yours" && !own.X.length) return spans.map(() => [-1.2, 1.2]);
  const radius = (0.5 * 1.25 * Math.max(...spans.map(([low, high]) => high - low))) || 1; // the same scale for both
  return spans.map(([low, high]) => [(low + high) / 2 - radius, (low + high) / 2 + radius]);
}

function makeGrid() {
  range = spanned();
  if (inputs > 2) return;
  const at = (k, i) => range[k][0] + ((i + 0.5) / GRID) * (range[k][1] - range[k][0]);
  grid = new Float64Array(inputs === 2 ? 2 * GRID * GRID : GRID);
  if (inputs === 1) for (let i = 0; i < GRID; i++) grid[i] = at(0, i);
  else for (let k = 0; k < GRID * GRID; k++) grid.set([at(0, k % GRID), at(1, GRID - 1 - Math.floor(k / GRID))], 2 * k);
}

function ask() {
  answers = inputs > 2 ? answersTo(data.train.X, data.train.n) : answersTo(grid, grid.length / inputs);
}

// How far a score is above all others.
const ahead = (scores, c) => scores[c] - Math.max(...scores.filter((_, other) => other !== c));

// Where the outputs say a class: positive inside, negative outside, for each line that is drawn.
function boundaries(outputs) {
  if (task.kind === "side") return [(i) => numberAt(outputs[0], i) - task.threshold];
  if (task.kind === "numbers") return [];
  const less = (c) => (i) => ahead(outputs.map((output) => numberAt(output, i)), c);
  return outputs.length === 2 ? [less(0)] : outputs.map((_, c) => less(c));
}

const scaleOfNumbers = () => {
  const ys = data.y.map((y) => y[0]), low = Math.min(...ys), high = Math.max(...ys);
  return { middle: (low + high) / 2, half: (high - low) / 2 || 1, low, high };
};

function colourOfAnswer(outputs) {
  if (task.kind === "side") {
    const half = task.threshold ? 0.5 : 1;
    return (i) => dot(pale, (numberAt(outputs[0], i) - task.threshold) / half);
  }
  if (task.kind === "numbers") {
    const { middle, half } = scaleOfNumbers();
    return (i) => dot(pale, (numberAt(outputs[0], i) - middle) / half);
  }
  return (i) => {
    const scores = outputs.map((output) => numberAt(output, i)), top = Math.max(...scores);
    if (scores.some(Number.isNaN)) return pixel(ink.red);
    const share = 1 / scores.reduce((sum, s) => sum + Math.exp(s - top), 0); // the probability of the class, by softmax
    const sure = Math.max(0, (share - 1 / scores.length) / (1 - 1 / scores.length));
    return pixel(mix(ink.page, classColour(scores.indexOf(top)), 0.08 + 0.37 * sure));
  };
}

function colourOfUnit(unit) {
  let largest = 1e-9;
  for (let i = 0; i < GRID * GRID; i++) largest = Math.max(largest, Math.abs(numberAt(unit, i)));
  return (i) => dot(pale, numberAt(unit, i) / largest);
}

// The line on which a function of the grid is 0, by marching squares.
function contour(context, f, toX, toY) {
  context.beginPath();
  for (let row = 0; row < GRID - 1; row++) for (let i = 0; i < GRID - 1; i++) {
    const a = f(row * GRID + i), b = f(row * GRID + i + 1), c = f((row + 1) * GRID + i + 1), d = f((row + 1) * GRID + i), ends = [];
    if (a > 0 !== b > 0) ends.push([i + a / (a - b), row]);
    if (b > 0 !== c > 0) ends.push([i + 1, row + b / (b - c)]);
    if (c > 0 !== d > 0) ends.push([i + d / (d - c), row + 1]);
    if (d > 0 !== a > 0) ends.push([i, row + a / (a - d)]);
    for (let k = 0; k + 1 < ends.length; k += 2) {
      context.moveTo(toX(ends[k][0]), toY(ends[k][1]));
      context.lineTo(toX(ends[k + 1][0]), toY(ends[k + 1][1]));
    }
  }
  context.strokeStyle = css(ink.ink);
  context.lineWidth = 1.6;
  context.stroke();
}

const field = document.createElement("canvas");
let places = []; // where the points were drawn: [x, y, row]

function drawPlane() {
  const { context, width, height } = cleared($("plane")), outputs = outputsOf(answers), unit = looked && answers[looked[0]][looked[1]];
  places = [];
  const title = inputs < 3 ? "Answer" : hasClasses ? "Margin of each point" : "Answer, and what is right";
  $("plane-title").textContent = looked ? `Answer of ${unitName(...looked)}` : title;
  if (inputs > 2) $("plane-read").textContent = hasClasses ? "right of the line is right" : "on the line is right";
  if (inputs === 2) {
    context.imageSmoothingEnabled = true;
    context.drawImage(picture(GRID, unit ? colourOfUnit(unit) : colourOfAnswer(outputs), field), 0, 0, width, height);
    const lines = unit ? [(i) => numberAt(unit, i)] : boundaries(outputs);
    for (const f of lines) contour(context, f, (i) => ((i + 0.5) / GRID) * width, (row) => ((row + 0.5) / GRID) * height);
    eachPoint((row, isHeld) => point(context, toPlane(0, data.X[row][0], width), height - toPlane(1, data.X[row][1], height), row, isHeld));
  } else if (inputs === 1) drawCurve(context, width, height, outputs);
  else drawMargins(context, width, height);
  const example = places.find(([, , row]) => row === data.train.rows[ringed]);
  if (example) ring(context, example[0], example[1], 9);
}

function ring(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = css(ink.ink);
  context.lineWidth = 2;
  context.stroke();
}

const toPlane = (k, x, size) => ((x - range[k][0]) / (range[k][1] - range[k][0])) * size;

function eachPoint(visit) {
  for (const row of data.train.rows) visit(row, false);
  for (const row of data.held.rows) visit(row, true);
}

function point(context, x, y, row, isHeld) {
  places.push([x, y, row]);
  const { middle, half } = hasClasses ? {} : scale;
  const colour = hasClasses ? classColour(data.y[row]) : inputs === 1 ? ink.plus : mix(signed((data.y[row][0] - middle) / half), ink.ink, 0.25);
  marker(context, hasClasses ? data.y[row] : 0, x, y, 4, colour, isHeld);
}
let scale = null;

function drawCurve(context, width, height, outputs) {
  const target = (row) => (hasClasses ? task.classes[data.y[row]] : data.y[row][0]);
  const ys = data.y.map((_, row) => target(row)), low = Math.min(...ys), high = Math.max(...ys), margin = 0.2 * (high - low) || 1;
  const toY = (y) => height - ((y - low + margin) / (high - low + 2 * margin)) * height;
  for (const output of outputs) {
    line(context, Array.from(grid, (x, i) => [toPlane(0, x, width), toY(numberAt(output, i))]), { width: 2 });
  }
  eachPoint((row, isHeld) => point(context, toPlane(0, data.X[row][0], width), toY(target(row)), row, isHeld));
  words(context, `x = ${short(range[0][0])}`, 6, height - 9);
  words(context, short(range[0][1]), width - 6, height - 9, "right");
  words(context, short(low - margin), 6, height - 26);
  words(context, `y = ${short(high + margin)}`, 6, 11);
}

// More than two inputs: how far each point is on the right side; for numbers, what was answered over what is right.
function drawMargins(context, width, height) {
  const found = [];
  for (const [part, isHeld] of [[data.train, false], [data.held, true]]) {
    const outputs = outputsOf(answersTo(part.X, part.n));
    part.rows.forEach((row, i) => {
      const scores = outputs.map((output) => numberAt(output, i)), c = data.y[row];
      const x = task.kind === "side" ? (scores[0] - task.threshold) * (c ? 1 : -1) : hasClasses ? ahead(scores, c) : scores[0];
      found.push([row, isHeld, x]);
    });
  }
  const numbers = [...found.map(([, , x]) => x), ...(hasClasses ? [] : data.y.map((y) => y[0]))].filter(Number.isFinite);
  const far = 1.1 * Math.max(1e-9, ...numbers.map(Math.abs)), share = (x) => (x + far) / (2 * far), random = generator(1);
  if (hasClasses) line(context, [[width / 2, 0], [width / 2, height]]);
  else line(context, [[0, height], [width, 0]], { dashes: [4, 4] });
  for (const [row, isHeld, x] of found) {
    const y = hasClasses ? (data.y[row] + 0.15 + 0.7 * random.uniform()) / classCount : 1 - share(data.y[row][0]);
    if (Number.isFinite(x)) point(context, share(x) * width, y * height, row, isHeld);
  }
}
