// Sliders, buttons, keys, clicks.
const LR = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], L2 = [0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3], BATCH = [1, 2, 4, 8, 16, 32, 64, 128, 0];
const OPTIMIZERS = { sgd: "SGD", momentum: "SGD with momentum", adam: "Adam" }, SPEEDS = { slow: "4 steps a second", frame: "a step a frame", fast: "as fast as it can" };

const KNOBS = {
  noise: { label: "Noise", values: Array.from({ length: 11 }, (_, i) => i / 20), isOfData: true },
  points: { label: "Points", values: [10, 20, 50, 100, 200, 300, 400, 500, 700, 1000], isOfData: true },
  held: { label: "Held out", values: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90], show: (x) => `${x} %`, isOfData: true },
  lr: { label: "Learning rate", values: LR },
  batch: { label: "Batch", values: BATCH, show: (x) => (x === 0 ? "all" : plain(x)) },
  l2: { label: "L2 (weight decay)", values: L2 },
};

function valuesOf(name) {
  const { values } = KNOBS[name], most = name === "points" && choices.set === "yours" ? Math.min(own.X.length, LARGEST) : Infinity;
  const all = [...new Set([...values.filter((x) => x < most), ...(most < Infinity ? [most] : []), choices[name]])];
  return all.filter((x) => x <= most).sort((a, b) => (name === "batch" ? (a || Infinity) - (b || Infinity) : a - b));
}

function makeKnob(name, into) {
  const { label, isOfData } = KNOBS[name], box = document.createElement("div");
  box.className = "knob";
  box.innerHTML = `<label for="k-${name}">${label}</label><output for="k-${name}" id="o-${name}"></output><input type="range" id="k-${name}" min="0" step="1">`;
  into.append(box);
  $(`k-${name}`).oninput = () => {
    choices[name] = valuesOf(name)[Number($(`k-${name}`).value)];
    if (isOfData) dataChanged(); else showChoices();
  };
}

function makePick(name, label, names, into, done = () => {}) {
  const box = document.createElement("div");
  box.className = "knob pick";
  box.innerHTML = `<label for="k-${name}">${label}</label><select id="k-${name}"></select>`;
  into.append(box);
  for (const [value, text] of Object.entries(names)) $(`k-${name}`).append(new Option(text, value));
  $(`k-${name}`).onchange = () => { choices[name] = $(`k-${name}`).value; done(); };
}

function makeControls() {
  for (const name of ["noise", "points", "held"]) makeKnob(name, $("data-knobs"));
  makePick("optimizer", "Optimizer", OPTIMIZERS, $("training-knobs"), () => { finishWalk(); forget(); showCode(); });
  for (const name of ["lr", "batch", "l2"]) makeKnob(name, $("training-knobs"));
  makePick("speed", "Speed", SPEEDS, $("training-knobs"));
  $("sets").replaceChildren(...[...SETS, ...(canDraw ? ["draw"] : [])].map((set) => {
    const button = document.createElement("button"), canvas = document.createElement("canvas");
    button.append(canvas, set);
    button.dataset.set = set;
    button.onclick = () => chooseSet(set);
    return button;
  }));
  fillPens();
  fillWeightChoice();
}

const canDraw = inputs === 2 && task.width <= Math.max(1, classCount);

function chooseSet(set) {
  isDrawing = set === "draw";
  choices.set = isDrawing ? "yours" : set;
  choices.points = choices.set === "yours" ? Math.min(own.X.length, LARGEST) : Math.max(choices.points, 200);
  dataChanged();
}
let isDrawing = false;

function showChoices() {
  for (const name of Object.keys(KNOBS)) {
    const values = valuesOf(name), slider = $(`k-${name}`), { show = plain } = KNOBS[name];
    Object.assign(slider, { max: values.length - 1, value: values.indexOf(choices[name]), disabled: name === "noise" && choices.set === "yours" });
    slider.setAttribute("aria-valuetext", show(choices[name]));
    $(`o-${name}`).textContent = slider.disabled ? "made data only" : show(choices[name]);
  }
  $("k-optimizer").value = choices.optimizer;
  $("k-speed").value = choices.speed;
  $("seed").value = choices.seed || "";
  for (const button of $("sets").children) button.setAttribute("aria-pressed", isDrawing ? button.dataset.set === "draw" : button.dataset.set === choices.set);
  $("drawing").hidden = !isDrawing;
  showLegend();
  drawSets();
}

// A choice that a message proposes.
function choose(name, value) {
  choices[name] = value;
  if (name === "noise" && choices.set === "yours") choices.set = SETS[1] ?? "yours";
  if (name === "optimizer") { forget(); showCode(); }
  if (KNOBS[name]?.isOfData) dataChanged(); else showChoices();
}

const SMALL = 34; // pixels of the picture of a data set

function drawSets() {
  for (const button of $("sets").children) {
    const { set } = button.dataset, canvas = button.firstChild, context = canvas.getContext("2d");
    Object.assign(canvas, { width: 2 * SMALL, height: 2 * SMALL });
    const { X, y } = set === "draw" ? { X: [], y: [] } : set === "yours" ? own : made(set, 90, 0), span = 1.15 * Math.max(1e-9, ...X.slice(0, 200).flat().map(Math.abs));
    const toCanvas = (x) => SMALL * (1 + x / span), step = Math.ceil(X.length / 90);
    for (let i = 0; i < X.length; i += step) {
      const [a, b] = inputs === 1 ? [X[i][0], [y[i]].flat()[0]] : X[i];
      context.fillStyle = css(hasClasses ? classColour(y[i]) : inputs === 1 ? ink.plus : signed([y[i]].flat()[0]));
      context.fillRect(toCanvas(a) - 2, 2 * SMALL - toCanvas(b) - 2, 4, 4);
    }
    if (set === "draw") line(context, [[18, 50], [20, 40], [46, 14], [54, 22], [28, 48], [18, 50]], { colour: ink.muted, width: 3 });
  }
}

function showLegend() {
  const mark = (c, isHeld) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 28, height: 28, className: "mark" });
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    marker(context, c, 7, 7, 4, hasClasses ? classColour(c) : ink.plus, isHeld);
    return canvas;
  };
  const item = (text, ...marks) => { const li = document.createElement("li"); li.append(...marks, text); return li; };
  const items = hasClasses ? task.classes.map((name, c) => item(`class ${plain(name)}`, mark(c, false))) : [item("a point", mark(0, false))];
  items.push(item("held out", ...(hasClasses ? task.classes.slice(0, 2).map((_, c) => mark(c, true)) : [mark(0, true)])));
  $("legend").replaceChildren(...items);
}

function showTab(name) {
  for (const other of ["code", "weight"]) {
    $(`tab-${other}`).setAttribute("aria-selected", other === name);
    $(`tab-${other}`).tabIndex = other === name ? 0 : -1;
    $(`${other}-panel`).hidden = other !== name;
  }
}

function moveSelection(columns, edges) {
  if (!selected) return selectWeight(firstWeight(1, 0));
  const all = spec.columns.flatMap(({ edges: units }, c) => units.flatMap((unit, u) => [...unit.map((_, edge) => ({ column: c + 1, unit: u, edge })), { column: c + 1, unit: u, edge: -1 }])).filter((weight) => weightOf(weight) >= 0);
  if (columns) return selectWeight(all.find(({ column }) => column === Math.max(1, Math.min(spec.columns.length, selected.column + columns))));
  const same = all.filter(({ column }) => column === selected.column), i = same.findIndex(({ unit, edge }) => unit === selected.unit && edge === selected.edge);
  return selectWeight(same[(i + edges + same.length) % same.length]);
}

function listen() {
  $("play").onclick = () => (training.isPlaying ? pause() : play());
  $("step").onclick = () => { pause(); finishWalk(); step(); changed(); };
  $("epoch").onclick = () => { pause(); finishWalk(); epoch(); changed(); };
  $("walk").onclick = () => { pause(); walkOn(); };
  $("reset").onclick = reset;
  $("seed").onchange = () => { choices.seed = Math.max(0, Math.floor(Number($("seed").value) || 0)); reset(); };
  $("theme").onclick = () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  $("help-button").onclick = () => $("help").showModal();
  $("home-button").onclick = () => { pause(); openHome(); };
  $("copy").onclick = () => copy($("home-text").value, "The program is copied.");
  $("link").onclick = copyLink;
  $("csv-button").onclick = openCSV;
  $("csv-use").onclick = useCSV;
  $("clear").onclick = () => { own = { X: [[-0.5, 0], [0.5, 0]], y: hasClasses ? [0, 1] : [[-1], [1]], order: [0, 1] }; useOwn(); };
  for (const name of ["code", "weight"]) {
    $(`tab-${name}`).onclick = () => { showTab(name); if (name === "weight" && !selected) selectWeight(firstWeight(1, 0)); invalidate(); };
    $(`tab-${name}`).onkeydown = (event) => { if (/^Arrow(Left|Right)$/.test(event.key)) { const other = $(`tab-${name === "code" ? "weight" : "code"}`); other.focus(); other.click(); } };
  }
  $("to").onchange = () => { const [column, unit] = $("to").value.split(" ").map(Number); selectWeight(firstWeight(column, unit)); };
  $("from").onchange = () => selectWeight({ ...selected, edge: Number($("from").value) });
  $("weight").onchange = () => { const x = parsed($("weight").value); $("weight").setAttribute("aria-invalid", x === null); if (x !== null && selected) setWeight(x); };
  $("weight-slider").oninput = () => selected && setWeight(Number($("weight-slider").value));
  listenToCanvases();
  document.addEventListener("keydown", onKey);
  new ResizeObserver(() => invalidate()).observe(document.querySelector("main"));
}

const placeOf = (event) => { const r = event.target.getBoundingClientRect(); return [event.clientX - r.left, event.clientY - r.top, r.width, r.height]; };

const NET_HINT = "click an edge to move its weight";

function look(unit) {
  if (String(unit) === String(looked)) return;
  looked = unit;
  invalidate();
}

function listenToCanvases() {
  $("net").onclick = (event) => { const weight = weightAt(...placeOf(event)); if (weight) selectWeight(weight); };
  $("net").onmousemove = (event) => {
    const weight = weightAt(...placeOf(event)), at = weight ? weightOf(weight) : -1;
    $("net").style.cursor = at >= 0 ? "pointer" : "default";
    $("net-read").textContent = at >= 0 ? `${nameOfWeight(at)} = ${plain(p[at])}` : NET_HINT;
    look(inputs === 2 ? unitAt(...placeOf(event)) : null);
  };
  $("net").onmouseleave = () => { $("net-read").textContent = NET_HINT; look(null); };
  $("plane").onclick = (event) => {
    const [x, y, width, height] = placeOf(event);
    if (isDrawing) return addPoint(range[0][0] + (x / width) * (range[0][1] - range[0][0]), range[1][1] - (y / height) * (range[1][1] - range[1][0]));
    const near = places.map(([px, py, row]) => [Math.hypot(px - x, py - y), data.train.rows.indexOf(row)]).filter(([d, i]) => i >= 0 && d < 15).sort((a, b) => a[0] - b[0])[0];
    if (near) { ringed = near[1]; isPicked = true; invalidate(); }
  };
  $("plane").onmousemove = (event) => {
    if (inputs !== 2) return;
    const [x, y, width, height] = placeOf(event), at = Float64Array.of(range[0][0] + (x / width) * (range[0][1] - range[0][0]), range[1][1] - (y / height) * (range[1][1] - range[1][0]));
    const outputs = outputsOf(answersTo(at, 1)).map((output) => short(numberAt(output, 0)));
    $("plane-read").textContent = `at ${short(at[0])}, ${short(at[1])}: ${outputs.join(", ")}`;
  };
  $("plane").onmouseleave = () => { $("plane-read").textContent = ""; };
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isNet = event.target === $("net");
  if (event.target.matches("input, select, textarea") || (event.key === " " && event.target.matches("button"))) return;
  const keys = { " ": () => $("play").click(), s: () => $("step").click(), e: () => $("epoch").click(), w: () => $("walk").click(), r: reset, "?": () => $("help").showModal() };
  const nudge = (d) => selected && setWeight(Number((p[weightOf(selected)] + d).toPrecision(12)));
  const netKeys = { ArrowLeft: () => moveSelection(-1, 0), ArrowRight: () => moveSelection(1, 0), ArrowUp: () => moveSelection(0, -1), ArrowDown: () => moveSelection(0, 1), "+": () => nudge(0.1), "=": () => nudge(0.1), "-": () => nudge(-0.1) };
  const action = (isNet && netKeys[event.key]) || keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
}
