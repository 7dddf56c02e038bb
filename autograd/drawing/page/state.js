// What the reader has done: the step, what is selected, what is wrong on purpose; and what follows from it.
const state = { step: 0, selected: null, entry: 0, wrong: "", nudge: 0.01, path: null, timer: null };
const SMOOTH = 16; // milliseconds of an update that is made at once; a longer one waits for the screen's next picture
let run, right, walked, firstBad, layout, found = null, isDue = false, cost = 0;

function compute() {
  run = { ...forward(shown.order), order: shown.order, users: shown.users };
  right = state.wrong ? backward(shown.order, run.saved) : null;
  walked = walk(shown.steps, run, right, state.wrong);
  right ??= walked.grads;
  found = null;
  firstBad = firstBadOf(run, walked.steps);
}

// The result, as if a node had another number.
function resultAt(id, x) {
  let given = x;
  if (isArray(run.data[id])) { given = run.data[id].slice(); given[state.entry] = x; }
  return entryOf(forward(shown.order, id, given).data[root], 0);
}

// The paths from what is selected, those with the largest products first.
function pathsNow() {
  const key = `${state.selected},${state.entry}`;
  if (found?.key !== key) {
    const size = ({ product }) => (Number.isNaN(product) ? Infinity : Math.abs(product));
    found = { key, ...pathsFrom(state.selected, run, right, state.entry) };
    found.paths.sort((a, b) => size(b) - size(a) || 0);
  }
  return found;
}

// What is known at a step: which nodes have their number, and the grads so far.
function knownAt(step) {
  const count = shown.steps.length, known = new Set(shown.order.filter((i) => !nodes[i].op)), grads = [];
  shown.steps.slice(0, step).forEach(({ members }) => members.forEach((i) => known.add(i)));
  if (step > count) {
    if (state.wrong === "nozero") for (const i of shown.order) if (!nodes[i].op) grads[i] = right[i];
    grads[root] = ones(nodes[root]);
    for (const { parts } of walked.steps.slice(0, step - count - 1)) for (const part of parts) grads[part.x] = part.after ?? grads[part.x];
  }
  return { known, grads };
}

function update() {
  const began = performance.now();
  compute();
  paint();
  tell();
  cost = performance.now() - began;
  dispatchEvent(new Event("glassgrad")); // for who embeds the page: all numbers are computed again
}
function setLeaf(id, x, entry = 0) {
  if (graph.recorded) return;
  if (isArray(values.get(id))) {
    values.set(id, values.get(id).slice());
    values.get(id)[entry] = x;
  } else values.set(id, x);
  if (cost <= SMOOTH) update();
  else if (!isDue) {
    isDue = true;
    requestAnimationFrame(() => { isDue = false; update(); });
  }
}
function reset() {
  for (const [i, x] of first) values.set(i, isArray(x) ? x.slice() : x);
  resetRange();
  setWrong("");
}
function go(step, keepsPlaying = false) {
  if (!keepsPlaying) stop();
  state.step = Math.max(0, Math.min(shown.last, step));
  state.path = null;
  paint();
  tell();
  $("panel").scrollTop = 0;
  follow();
}
function select(id) {
  if (state.selected === id) return;
  Object.assign(state, { selected: id, entry: 0, path: null });
  resetRange();
  paint();
  tell();
}
function stop() {
  clearInterval(state.timer);
  state.timer = null;
  $("play").textContent = WORDS.play;
}
function play() {
  if (state.timer) { stop(); return; }
  state.selected = null;
  if (state.step >= shown.last) go(0, true);
  $("play").textContent = WORDS.pause;
  state.timer = setInterval(() => {
    go(state.step + 1, true);
    if (state.step >= shown.last) stop();
  }, 1700);
}

// Opens or folds, and stays at the same share of the walk.
function refold(change, focus) {
  const isEnd = state.step >= shown.last, share = state.step / shown.last;
  change();
  build();
  if (state.selected !== null && !shown.unitOf.get(state.selected)?.node) state.selected = null;
  layout = laidOut();
  draw();
  state.step = isEnd ? shown.last : Math.round(share * shown.last);
  state.path = null;
  update();
  fit();
  focus?.();
}
