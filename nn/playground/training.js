// Steps of training, epochs, and what is remembered of them.
const training = { steps: 0, epoch: 0, isPlaying: false, batch: null, history: [], marks: [], loss: NaN, held: NaN };
let memory = null; // what the optimizer remembers
let order = [], next = 0, shuffling = null; // the points of this epoch that are still to come

function forget() {
  memory = { v: new Float64Array(p.length), m_: new Float64Array(p.length), step: 0 };
}

function restart() {
  newWeights(choices.seed);
  forget();
  g.fill(0);
  shuffling = generator(choices.seed || 1);
  order = [];
  next = 0;
  Object.assign(training, { steps: 0, epoch: 0, batch: null, history: [], marks: [] });
  measure();
}

function nextBatch() {
  const { n } = data.train, size = choices.batch && choices.batch < n ? choices.batch : n;
  if (size === n) {
    next = n;
    return data.train;
  }
  if (next >= order.length || order.length !== n) {
    order = shuffling.shuffled(n);
    next = 0;
  }
  const rows = order.slice(next, next + size).map((i) => data.train.rows[i]);
  next += size;
  return packed(data, rows);
}

const optimizerArguments = () => {
  const given = { ...memory, p, g, lr: choices.lr, weight_decay: choices.l2, momentum: 0.9, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
  return spec.updates[choices.optimizer].map((name) => given[name]);
};

function advance(batch) {
  training.steps++;
  training.batch = batch;
  training.epoch += batch.n / data.train.n;
  if (next >= data.train.n) training.epoch = Math.round(training.epoch);
}

// One step; its loss, from before the update.
function step() {
  const batch = nextBatch(), loss = gradient(batch);
  const kept = [...frozen].map((i) => [i, p[i]]);
  memory.step++;
  STEP[choices.optimizer](...optimizerArguments());
  for (const [i, x] of kept) p[i] = x;
  advance(batch);
  return loss;
}

function epoch() {
  do step(); while (next < data.train.n);
}

// The same step as a generator, which stops after each part.
function* walkedStep() {
  const batch = nextBatch(), [[loss], saved] = yield* WALK.forward(batch.n, ...taken(spec.step), batch.X, batch.y);
  collect(yield* WALK.backward(batch.n, saved, 1));
  const kept = [...frozen].map((i) => [i, p[i]]);
  memory.step++;
  yield* WALK[choices.optimizer](...optimizerArguments());
  for (const [i, x] of kept) p[i] = x;
  advance(batch);
  return loss;
}

const MOST = 1200; // points of a curve
function measure() {
  training.loss = lossOf(data.train);
  training.held = lossOf(data.held);
  const { history, epoch: x } = training;
  if (history.length && history.at(-1)[0] === x) history.pop();
  history.push([x, training.loss, training.held]);
  if (history.length > MOST) training.history = history.filter((_, i) => i % 2 === 0 || i === history.length - 1);
}
