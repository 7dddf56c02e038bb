// The data: the reader's own, or made by a formula; and which of them are trained on.
const spec = JSON.parse($("spec").textContent);
const { task, inputs } = spec, hasClasses = task.kind !== "numbers", classCount = hasClasses ? task.classes.length : 0;

// What can be changed while the network trains.
const choices = { set: "yours", points: 0, noise: 0, speed: "frame", seed: 0, ...spec.settings };

// Each gives a point of a class; below, each gives the number of a point.
const CLASSES = {
  moons: ({ uniform }, c) => {
    const t = Math.PI * uniform(), up = c % 2 === 0, shift = c - (classCount - 1) / 2;
    return up ? [Math.cos(t) + shift, Math.sin(t) - 0.25] : [-Math.cos(t) + shift, 0.25 - Math.sin(t)];
  },
  circles: ({ uniform }, c) => {
    const t = 2 * Math.PI * uniform(), r = (0.3 + c) / (classCount - 0.5);
    return [r * Math.cos(t), r * Math.sin(t)];
  },
  XOR: ({ uniform }, c) => {
    const quarter = c + classCount * Math.floor(uniform() * Math.ceil((4 - c) / classCount));
    const x = 0.08 + 0.92 * uniform(), y = 0.08 + 0.92 * uniform();
    return [[x, y], [-x, y], [-x, -y], [x, -y]][quarter % 4];
  },
  spirals: ({ uniform }, c) => {
    const t = uniform() ** 0.7, angle = 5 * t + (2 * Math.PI * c) / classCount;
    return [t * Math.sin(angle), t * Math.cos(angle)];
  },
};
const NUMBERS = inputs === 1
  ? { line: (x) => 0.8 * x, wave: (x) => Math.sin(4 * x) }
  : { slope: (x, y) => (x + y) / 2, hills: (x, y) => Math.sin(3 * x) * Math.cos(2 * y) };
const canMake = hasClasses ? inputs === 2 : inputs <= 2 && task.width === 1;
if (classCount > 4) delete CLASSES.XOR; // there are four quarters
const SETS = ["yours", ...(canMake ? Object.keys(hasClasses ? CLASSES : NUMBERS) : [])];

const LARGEST = 2000; // points
let own = spec.data; // the reader's points; pasted and drawn ones take their place
choices.points = Math.min(own.X.length, LARGEST);

function made(set, n, noise) {
  const random = generator(20 + SETS.indexOf(set)), X = [], y = [];
  for (let i = 0; i < n; i++) {
    if (hasClasses) {
      const c = i % classCount;
      X.push(CLASSES[set](random, c).map((x) => x + noise * random.normal()));
      y.push(c);
    } else {
      const x = Array.from({ length: inputs }, () => 2 * random.uniform() - 1);
      X.push(x);
      y.push([NUMBERS[set](...x) + noise * random.normal()]);
    }
  }
  return { X, y, order: X.map((_, i) => i) };
}

// Some points as the arrays that the programs take.
function packed({ X, y }, rows) {
  const { width } = task, n = rows.length, part = { n, rows, X: new Float64Array(n * inputs), y: new Float64Array(n * width) };
  rows.forEach((row, i) => {
    part.X.set(X[row], i * inputs);
    if (task.kind === "largest" && width > 1) part.y[i * width + y[row]] = 1;
    else part.y.set(task.kind === "side" ? [task.classes[y[row]]] : [y[row]].flat(), i * width);
  });
  return part;
}

let data = null; // { X, y, train, held }
function loadData() {
  const all = choices.set === "yours" ? own : made(choices.set, choices.points, choices.noise);
  const order = all.order.slice(0, choices.set === "yours" ? choices.points : all.X.length);
  const held = Math.min(order.length - 1, Math.round((order.length * choices.held) / 100));
  data = { ...all, train: packed(all, order.slice(held)), held: packed(all, order.slice(0, Math.max(0, held))) };
}
