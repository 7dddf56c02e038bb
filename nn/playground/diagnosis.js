// What is wrong, if something is, and what to try.
let silenced = new Set(), best = Infinity;

function startDiagnosis() {
  silenced = new Set();
  best = Infinity;
  say(null);
}

function diagnose() {
  const found = broken() ?? growing() ?? dead() ?? flat() ?? vanishing() ?? overfitting();
  if (Number.isFinite(training.loss)) best = Math.min(best, training.loss);
  if (!found) { if ($("says").dataset.kind && $("says").dataset.kind !== "broken") say(null); return; }
  if (!silenced.has(found.kind)) say(found);
}

function slower(factor) {
  const lr = LR.findLast((x) => x <= Math.min(1, choices.lr / factor)) ?? choices.lr / factor;
  return { label: `Start again with ${plain(lr)}`, run: () => { choose("lr", lr); reset(); } };
}
const reseeded = { label: "Another seed", run: () => { choose("seed", (choices.seed || 0) + 1); reset(); } };

function broken() {
  if (Number.isFinite(training.loss) && p.every(Number.isFinite)) return null;
  pause();
  const row = p.findIndex((x) => !Number.isFinite(x)), where = row < 0 ? "" : ` The weight ${nameOfWeight(row)} is ${plain(p[row])}.`;
  return { kind: "broken", title: `The loss is ${plain(training.loss)}.`, text: `${where} Steps that go too far make the weights grow until they overflow; what is computed from nan is nan, so no further step mends it. Try a smaller learning rate.`, ...slower(10), isBad: true };
}

function growing() {
  const first = training.history[0]?.[1];
  if (training.steps < 5 || !(training.loss > 4 * Math.max(first, best) && training.loss > 1)) return null;
  return { kind: "growing", title: "The loss grows.", text: `It was ${plain(Math.min(first, best))} and is ${plain(training.loss)}: each step goes past the valley that it aims for. The learning rate of ${plain(choices.lr)} is too high.`, ...slower(3), isBad: true };
}

function dead() {
  if (training.steps < 3) return null;
  const there = answersTo(data.train.X, data.train.n);
  for (let c = 1; c < there.length - 1; c++) {
    const count = there[c].filter((unit) => { for (let i = 0; i < data.train.n; i++) if (numberAt(unit, i) !== 0) return false; return true; }).length;
    if (count && count >= there[c].length / 2) {
      const all = count === there[c].length ? "all" : count;
      return { kind: `dead ${c}`, title: `${all === "all" ? "All" : count} of the ${there[c].length} neurons of layer ${c} are dead.`, text: "They answer 0 for every point, so that their derivative is 0 and no step changes them. Try another seed or a smaller learning rate; leaky_relu, gelu and tanh cannot die.", ...reseeded };
    }
  }
  return null;
}

function flat() {
  if (!training.steps || g.some((x) => x)) return null;
  if (training.loss < 1e-12) return { kind: "done", title: "The loss is 0.", text: "Every training point is answered as well as this loss asks for, and all derivatives are 0: there is nothing left to learn.", label: "More noise", run: () => choose("noise", 0.25) };
  return { kind: "flat", title: "All derivatives are 0.", text: "The loss does not change with any weight, so steps do nothing. Try another seed.", ...reseeded };
}

function vanishing() {
  const layers = spec.step.filter(([, size]) => size > 1).sort((a, b) => a[0] - b[0]);
  if (layers.length < 4 || training.steps < 3) return null;
  const size = ([at, n]) => Math.sqrt(g.subarray(at, at + n).reduce((sum, x) => sum + x * x, 0) / n), first = size(layers[0]), last = Math.max(...layers.map(size));
  if (!(first > 0 && first < 1e-5 * last)) return null;
  return { kind: "vanishing", title: "The gradients vanish.", text: `Those of the first layer are ${plain(Number((last / first).toPrecision(2)))} times smaller than the largest: on the way back, each layer multiplies them by a small derivative. relu, fewer layers, or Adam help.`, label: "Adam", run: () => choose("optimizer", "adam") };
}

function overfitting() {
  const held = training.history.map(([, , y]) => y).filter(Number.isFinite), least = Math.min(...held);
  if (held.length < 60 || !(training.held > 1.5 * least + 0.02 && training.loss < 0.6 * training.held)) return null;
  return { kind: "overfitting", title: "The network learns the training points by heart.", text: `The loss of the held-out points was ${plain(least)} and is ${plain(training.held)}, while that of the training points falls. Try L2, more points, or fewer neurons.`, label: "L2 of 0.01", run: () => choose("l2", 0.01) };
}

function say(found) {
  const box = $("says");
  if (!found) { box.replaceChildren(); delete box.dataset.kind; return; }
  if (box.dataset.kind === found.kind) return;
  box.dataset.kind = found.kind;
  box.classList.toggle("wrong", Boolean(found.isBad));
  box.innerHTML = `<p><b>${esc(found.title)}</b> ${esc(found.text)}</p><button id="try"></button><button id="dismiss" class="quiet" aria-label="Close this message">✕</button>`;
  $("try").textContent = found.label;
  $("try").onclick = () => { say(null); found.run(); };
  $("dismiss").onclick = () => { silenced.add(found.kind); say(null); };
}
