// What can be chosen: data, and how to train on them.
const LR = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const OPTIMIZERS = { sgd: "SGD", momentum: "SGD with momentum", adam: "Adam" };
const SPEEDS = { slow: "4 steps a second", frame: "a step a frame", fast: "as fast as it can" };

const KNOBS = {
  noise: { label: "Noise", values: Array.from({ length: 11 }, (_, i) => i / 20), isOfData: true },
  points: { label: "Points", values: [10, 20, 50, 100, 200, 300, 400, 500, 700, 1000], isOfData: true },
  held: { label: "Held out", values: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90], show: (x) => `${x} %`, isOfData: true },
  lr: { label: "Learning rate", values: LR },
  batch: { label: "Batch", values: [1, 2, 4, 8, 16, 32, 64, 128, 0], show: (x) => (x === 0 ? "all" : plain(x)) },
  l2: { label: "L2 (weight decay)", values: [0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3] },
};

if (!canMake) delete KNOBS.noise;

function valuesOf(name) {
  const { values } = KNOBS[name], most = name === "points" && choices.set === "yours" ? Math.min(own.X.length, LARGEST) : Infinity;
  const all = [...new Set([...values.filter((x) => x < most), ...(most < Infinity ? [most] : []), choices[name]])];
  return all.filter((x) => x <= most).sort((a, b) => (name === "batch" ? (a || Infinity) - (b || Infinity) : a - b));
}

function makeKnob(name, into) {
  const { label, isOfData } = KNOBS[name], box = document.createElement("div");
  box.className = "knob";
  box.innerHTML = `<label for="k-${name}">${label}</label><output for="k-${name}" id="o-${name}"></output>
    <input type="range" id="k-${name}" min="0" step="1">`;
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
  for (const name of Object.keys(KNOBS)) if (KNOBS[name].isOfData) makeKnob(name, $("data-knobs"));
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
  if (isDrawing) startDrawing();
  choices.set = isDrawing ? "yours" : set;
  choices.points = choices.set === "yours" ? Math.min(own.X.length, LARGEST) : Math.max(choices.points, 200);
  dataChanged();
  if (isDrawing) bringIntoView($("plane"), "center");
}
let isDrawing = false;

// What a button changes, where it is out of sight: on a phone it may be far from the button.
function bringIntoView(element, block) {
  const { top, bottom } = element.getBoundingClientRect();
  if (top < $("bar").getBoundingClientRect().bottom || bottom > innerHeight) element.scrollIntoView({ block });
}

function showChoices() {
  for (const name of Object.keys(KNOBS)) {
    const values = valuesOf(name), slider = $(`k-${name}`), { show = plain } = KNOBS[name];
    slider.disabled = name === "noise" && choices.set === "yours";
    Object.assign(slider, { max: values.length - 1, value: values.indexOf(choices[name]) });
    slider.setAttribute("aria-valuetext", show(choices[name]));
    $(`o-${name}`).textContent = slider.disabled ? "not for your points" : show(choices[name]);
  }
  $("k-optimizer").value = choices.optimizer;
  $("k-speed").value = choices.speed;
  $("seed").value = choices.seed || "";
  for (const button of $("sets").children) button.setAttribute("aria-pressed", button.dataset.set === (isDrawing ? "draw" : choices.set));
  $("drawing").hidden = !isDrawing;
  $("undraw").hidden = own === spec.data;
  $("undraw").textContent = own.isMade && kept !== spec.data ? "Back to your points" : "Back to Python’s points";
  $("plane").classList.toggle("drawn", isDrawing);
  showLegend();
  drawSets();
}

// A choice that a message proposes.
function choose(name, value) {
  finishWalk();
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
    const { X, y } = set === "draw" ? { X: [], y: [] } : set === "yours" ? own : made(set, 90, 0);
    const at = X.map((row, i) => (inputs === 1 ? [row[0], y[i][0] ?? y[i]] : row)), step = Math.ceil(X.length / 90);
    const spans = [0, 1].map((k) => at.map((row) => row[k])).map((xs) => [Math.min(...xs), Math.max(...xs)]);
    const radius = 0.57 * Math.max(1e-9, ...spans.map(([low, high]) => high - low));
    const toCanvas = (x, [low, high]) => SMALL * (1 + (x - (low + high) / 2) / radius);
    for (let i = 0; i < X.length; i += step) {
      context.fillStyle = css(hasClasses ? classColour(y[i]) : inputs === 1 ? ink.plus : signed(y[i][0]));
      context.fillRect(toCanvas(at[i][0], spans[0]) - 2, 2 * SMALL - toCanvas(at[i][1], spans[1]) - 2, 4, 4);
    }
    if (set === "draw") line(context, [[18, 50], [20, 40], [46, 14], [54, 22], [28, 48], [18, 50]], { colour: ink.muted, width: 3 });
  }
}

function picturedMark(draw) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 28, height: 28, className: "mark" });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  draw(context);
  return canvas;
}
const penMark = (i) => picturedMark((context) => marker(context, hasClasses ? i : 0, 7, 7, 4, hasClasses ? classColour(i) : [ink.minus, ink.plus][i], false));

function showLegend() {
  const mark = (c, isHeld) => picturedMark((context) => marker(context, c, 7, 7, 4, hasClasses ? classColour(c) : ink.plus, isHeld));
  const item = (text, ...marks) => { const li = document.createElement("li"); li.append(...marks, text); return li; };
  const names = hasClasses ? task.classes.map((name) => `class ${plain(name)}`) : ["a point"];
  const held = names.slice(0, 2).map((_, c) => mark(c, true));
  $("legend").replaceChildren(...names.map((name, c) => item(name, mark(c, false))), item("held out", ...held), item(isDrawing ? "the example" : "the example: click another", picturedMark((context) => ring(context, 7, 7, 6))));
  [...$("pens").children].forEach((button, i) => button.firstChild.replaceWith(penMark(i)));
}

function showTab(name) {
  for (const other of ["code", "weight"]) {
    $(`tab-${other}`).setAttribute("aria-selected", other === name);
    $(`tab-${other}`).tabIndex = other === name ? 0 : -1;
    $(`${other}-panel`).hidden = other !== name;
  }
}
