// What is wrong, if something is, and what to try.
let silenced = new Set(), best = Infinity;
// A loss that was too large this often is a fault until it stays below half of the first for so long, or the rate is changed.
const LASTING = 5, CALM = 100;
let jump = null; // of the loss: { least, peak, lr, optimizer, count, calm }
const LARGE = 10; // the root mean square of inputs that are scaled is about 1
let sizes = []; // of the inputs
const since = { steps: 0, epoch: 0 }; // when the present data came
let moved = 0; // the epoch in which a derivative was last not 0
const stepsHere = () => training.steps - since.steps;

function startDiagnosis() {
  silenced = new Set();
  best = Infinity;
  jump = null;
  moved = training.epoch;
  sizes = Array.from({ length: inputs }, (_, k) => Math.hypot(...data.X.map((row) => row[k])) / Math.sqrt(data.X.length));
  Object.assign(since, { steps: training.steps, epoch: training.epoch });
  say(null);
}

function diagnose() {
  if (g.some((x) => x)) moved = training.epoch;
  const found = broken() ?? growing() ?? dead() ?? flat() ?? vanishing() ?? unscaled() ?? overfitting(), { kind } = $("says").dataset;
  if (Number.isFinite(training.loss)) best = Math.min(best, training.loss);
  if (!found && kind !== "broken") say(null);
  if (found && !silenced.has(found.kind)) say(found);
}

// What a message proposes: a word on its button, and what it does.
function slower(factor) {
  const lr = LR.findLast((x) => x <= Math.min(1, choices.lr / factor)) ?? choices.lr / factor;
  return { label: `Start again with ${plain(lr)}`, run: () => { choose("lr", lr); reset(); } };
}
const reseeded = { label: "Another seed", run: () => { choose("seed", (choices.seed || 0) + 1); reset(); } };
const chosen = (label, name, value) => ({ label, run: () => choose(name, value) });

function broken() {
  const i = p.findIndex((x) => !Number.isFinite(x));
  if (Number.isFinite(training.loss) && i < 0) return null;
  pause();
  return {
    kind: "broken", isBad: true, title: `The loss is ${plain(training.loss)}.`, ...slower(10),
    text: `${i < 0 ? "" : `The weight ${nameOfWeight(i)} is ${plain(p[i])}. `}Steps that go too far make the weights grow until
      they overflow; what is computed from nan is nan, so no further step mends it. Try a smaller learning rate.`,
  };
}

function growing() {
  const first = training.history[0]?.[1], { lr, optimizer } = choices;
  if (jump) jump.calm = training.loss < first / 2 ? jump.calm + 1 : 0;
  if (jump && (jump.calm > CALM || lr !== jump.lr || optimizer !== jump.optimizer)) jump = null;
  const isFar = stepsHere() >= 5 && training.loss > 1 && training.loss > 4 * Math.max(first, best);
  if (isFar) {
    jump ??= { least: Math.min(first, best), peak: training.loss, lr, optimizer, count: 0, calm: 0 };
    jump.count++;
  }
  if (!isFar && !(jump?.count >= LASTING)) return null;
  return {
    kind: "growing", isBad: true, title: "The loss grows.", ...slower(3),
    text: `It was ${plain(jump.least)} and went up to ${plain(jump.peak)}: each step goes past the valley that it aims for.
      The learning rate of ${plain(choices.lr)} is too high.`,
  };
}

function dead() {
  if (stepsHere() < 3) return null;
  const there = answersTo(data.train.X, data.train.n), rows = data.train.rows;
  for (let c = 1; c < there.length - 1; c++) {
    const all = there[c].length, count = there[c].filter((unit) => rows.every((_, i) => numberAt(unit, i) === 0)).length;
    if (count && count >= all / 2) return {
      kind: `dead ${c}`, title: `${count === all ? "All" : count} of the ${all} neurons of layer ${c} are dead.`, ...reseeded,
      text: `They answer 0 for every point, so that their derivative is 0 and no step changes them. Try another seed or a smaller
        learning rate; leaky_relu, gelu and tanh cannot die.`,
    };
  }
  return null;
}

function flat() {
  if (!stepsHere() || g.some((x) => x)) return null;
  if (training.batch?.n < data.train.n && training.epoch - moved < 1) return null; // a batch may be right already
  if (training.loss < 1e-12) return {
    kind: "done", title: "The loss is 0.", ...(canMake ? chosen(choices.set === "yours" ? `Try ${SETS[1]} with noise` : "More noise", "noise", 0.25) : reseeded),
    text: "Every training point is answered as well as this loss asks for, and all derivatives are 0: there is nothing left to learn.",
  };
  const text = "The loss does not change with any weight, so steps do nothing. Try another seed.";
  return { kind: "flat", title: "All derivatives are 0.", text, ...reseeded };
}

function vanishing() {
  const layers = spec.step.filter(([, size]) => size > 1).sort((a, b) => a[0] - b[0]);
  if (layers.length < 4 || stepsHere() < 3) return null;
  const sizes = layers.map(([at, n]) => Math.hypot(...g.subarray(at, at + n)) / Math.sqrt(n)), largest = Math.max(...sizes);
  if (!(sizes[0] > 0 && sizes[0] < 1e-5 * largest)) return null;
  return {
    kind: "vanishing", title: "The gradients vanish.", ...chosen("Adam", "optimizer", "adam"),
    text: `Those of the first layer are ${short(largest / sizes[0])} times smaller than the largest: on the way back, each layer multiplies
      them by a small derivative. relu, fewer layers, or Adam help.`,
  };
}

function unscaled() {
  const most = Math.max(...sizes), name = inputs > 1 ? `x${sizes.indexOf(most) + 1}` : "x";
  if (choices.set !== "yours" || !(most > LARGE)) return null;
  return {
    kind: "scale", title: "The inputs are not scaled.", label: "Scale them", run: scaleOwn,
    text: `The root mean square of ${name} is ${plain(most)}, and about 1 is good: large inputs make large derivatives, and each step
      goes too far. Subtract the mean of each input, and divide by its standard deviation.`,
  };
}

function overfitting() {
  const held = training.history.filter(([x]) => x >= since.epoch).map(([, , y]) => y).filter(Number.isFinite), least = Math.min(...held);
  if (held.length < 60 || !(training.held > 1.5 * least + 0.02 && training.loss < 0.6 * training.held)) return null;
  return {
    kind: "overfitting", title: "The network learns the training points by heart.", ...chosen("L2 of 0.01", "l2", 0.01),
    text: `The loss of the held-out points was ${plain(least)} and is ${plain(training.held)}, while that of the training points falls.
      Try L2, more points, or fewer neurons.`,
  };
}

function say(found) {
  const box = $("says");
  if (!found) { box.replaceChildren(); delete box.dataset.kind; return; }
  if (box.dataset.kind === found.kind) return;
  box.dataset.kind = found.kind;
  box.classList.toggle("wrong", Boolean(found.isBad));
  box.innerHTML = `<p><b>${esc(found.title)}</b> ${esc(found.text)}</p><button id="try">${esc(found.label)}</button>
    <button id="dismiss" class="quiet" aria-label="Close this message">✕</button>`;
  $("try").onclick = () => { say(null); found.run(); };
  $("dismiss").onclick = () => { silenced.add(found.kind); say(null); };
}
