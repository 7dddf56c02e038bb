// The network: its numbers, and the programs that Python printed for it. They write into no array but those of the update,
// so that measuring and drawing never disturb a step.
const p = Float64Array.from(spec.numbers), g = new Float64Array(p.length), frozen = new Set(spec.frozen);
const taken = (list) => list.map(([at, size, isNumber]) => (isNumber ? p[at] : p.subarray(at, at + size)));

const lossOf = (part) => (part.n ? STEP.forward(part.n, ...taken(spec.step), part.X, part.y)[0][0] : NaN);

function collect(gradients) {
  spec.step.forEach(([at, size, isNumber], i) => {
    const gradient = gradients[i] ?? 0; // nothing for what the loss does not depend on
    if (isNumber || gradient === 0) g.fill(gradient, at, at + size);
    else g.set(gradient, at);
  });
  for (const i of frozen) g[i] = 0;
}

// The loss of some points, and its derivatives in g.
function gradient(part) {
  const [[loss], saved] = STEP.forward(part.n, ...taken(spec.step), part.X, part.y);
  collect(STEP.backward(part.n, saved, 1));
  return loss;
}

// What all units answer to n points: for each column and unit the array, and where in it the first number is, and how far the next.
function answersTo(X, n) {
  const [arrays] = ANSWERS.forward(n, ...taken(spec.answers), X), columns = spec.columns.map(() => []);
  spec.groups.forEach(([column, units], k) => units.forEach((unit, i) => {
    columns[column][unit] = { numbers: arrays[k], first: i, step: units.length };
  }));
  const inputColumn = Array.from({ length: inputs }, (_, i) => ({ numbers: X, first: i, step: inputs }));
  return [inputColumn, ...columns];
}
const numberAt = ({ numbers, first, step }, row) => numbers[row * step + first];
const outputsOf = (answers) => spec.outputs.map(([column, unit]) => answers[column][unit]);

// The class that some outputs say.
function classOf(outputs, row) {
  if (task.kind === "side") return Number(numberAt(outputs[0], row) > task.threshold);
  let best = 0;
  outputs.forEach((output, c) => { if (numberAt(output, row) > numberAt(outputs[best], row)) best = c; });
  return best;
}

// The share of points whose class is right.
function rightOf(part) {
  if (!part.n || !hasClasses) return NaN;
  const outputs = outputsOf(answersTo(part.X, part.n));
  return part.rows.filter((row, i) => classOf(outputs, i) === data.y[row]).length / part.n;
}

// New numbers for the weights: as large as Python's were, array by array; those that were all alike stay.
function newWeights(seed) {
  p.set(spec.numbers);
  if (!seed) return;
  const random = generator(seed);
  for (const [at, size] of spec.step) {
    const first = spec.numbers.slice(at, at + size), largest = Math.sqrt((3 * first.reduce((sum, x) => sum + x * x, 0)) / size);
    if ((size > 1 && first.every((x) => x === first[0])) || !largest) continue;
    for (let i = at; i < at + size; i++) if (!frozen.has(i)) p[i] = largest * (2 * random.uniform() - 1);
  }
}
