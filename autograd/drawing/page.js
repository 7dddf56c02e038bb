// Steps through the backward pass that page.py recorded. Step 0 is the start, where only the result
// has a gradient. Then comes a step for each node that passes its gradient on, and last the summary.
"use strict";

const pass = JSON.parse(document.getElementById("pass").textContent);
const element = (id) => document.getElementById(id);
const last = pass.steps.length + 1;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let step = 0;
let timer = null;

// The gradient is the text after its caption. The picture was laid out for the widest one, flush right.
const gradients = new Map();
for (const id of Object.keys(pass.before)) {
  const texts = [...element(id).querySelectorAll("text")].filter((text) => text.textContent.trim());
  const text = texts[texts.findLastIndex((caption) => ["grad", "‖grad‖"].includes(caption.textContent.trim())) + 1];
  text.setAttribute("x", Number(text.getAttribute("x")) + text.getComputedTextLength());
  text.setAttribute("text-anchor", "end");
  text.classList.add("gradient");
  gradients.set(id, text);
}

function show(to) {
  step = Math.max(0, Math.min(last, to));
  for (const lit of document.querySelectorAll("svg .current, svg .receiving, svg .active, svg .known, svg .complete")) {
    lit.classList.remove("current", "receiving", "active", "known", "complete");
  }
  for (const id of gradients.keys()) {
    write(id, pass.before[id]);
    element(id).classList.add("pending");
  }
  receive(pass.start.box, pass.start.shown, true);
  for (const done of pass.steps.slice(0, step)) {
    for (const part of done.parts) {
      receive(part.box, part.shown, part.complete);
      element(part.arrow).classList.add("known");
    }
  }
  const now = pass.steps[step - 1];
  if (now) {
    element(now.box).classList.add("current");
    element(now.operation).classList.add("current");
    for (const part of now.parts) {
      element(part.box).classList.add("receiving");
      element(part.arrow).classList.add("active");
      element(part.arrow + "-tail")?.classList.add("active");
    }
    tell(now.title, now.says, now.parts);
    reveal(element(now.operation));
  } else if (step === 0) {
    element(pass.start.box).classList.add("current");
    tell(`∂${pass.root}/∂${pass.root} = 1: here the backward pass starts`,
      "Then it runs against the arrows. Each operation multiplies the gradient of its result by its local derivatives, " +
      "and adds the products to the gradients of its inputs.", []);
    look({ isFit: true });
  } else {
    look({ isFit: true });
    tell("Done: every leaf has its gradient", "They are the sums over all paths of the products along each path.",
      pass.leaves.map((text) => ({ formula: text, shown: text.split(" ").at(-1), total: "" })));
  }
  element("slider").value = step;
  element("count").textContent = `Step ${step} of ${last}`;
  element("start").disabled = element("back").disabled = step === 0;
  element("end").disabled = element("forward").disabled = step === last;
  if (step === last) pause();
}

const isAlarming = (number) => /^-?(nan|inf)$/.test(number);

function write(id, number) {
  gradients.get(id).textContent = number;
  gradients.get(id).classList.toggle("alarm", isAlarming(number));
}

function receive(id, shown, complete) {
  write(id, shown);
  element(id).classList.remove("pending");
  element(id).classList.toggle("complete", complete);
}

function tell(title, says, parts) {
  element("title").textContent = title;
  element("says").textContent = says;
  element("parts").replaceChildren(...parts.map((part) => {
    const item = document.createElement("li");
    const formula = document.createElement("span");
    formula.className = "formula";
    formula.classList.toggle("alarm", isAlarming(part.shown));
    formula.textContent = part.formula;
    item.append(formula);
    const more = [part.total, part.complete === undefined ? "" : part.complete ? "the sum is complete" : "more terms will follow"].filter(Boolean).join("; ");
    if (more) {
      const total = document.createElement("span");
      total.className = "total";
      total.textContent = more;
      item.append(total);
    }
    return item;
  }));
  element("words").scrollTop = 0;
}

// The visible part of the picture: its centre, in the picture's own units, and the size of a unit in pixels.
const picture = document.querySelector("#graph svg");
const whole = picture.viewBox.baseVal;
const bounds = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
const CLEAR = 0.75, LARGEST = 1.5; // scales: below the first, letters are hard to read; the second is the largest for a small picture
let view = fit();

function fit() {
  const scale = Math.min(LARGEST, picture.clientWidth / bounds.width, picture.clientHeight / bounds.height);
  return { x: bounds.x + bounds.width / 2, y: bounds.y + bounds.height / 2, scale, isFit: true };
}

function look(next) {
  view = next.isFit ? fit() : next;
  const width = picture.clientWidth / view.scale, height = picture.clientHeight / view.scale;
  picture.setAttribute("viewBox", `${view.x - width / 2} ${view.y - height / 2} ${width} ${height}`);
}

// Zoom around a point of the window, by default the centre.
function zoom(factor, at) {
  const scale = Math.max(fit().scale / 2, Math.min(6, view.scale * factor));
  const frame = picture.getBoundingClientRect();
  const dx = at ? at.clientX - frame.left - frame.width / 2 : 0, dy = at ? at.clientY - frame.top - frame.height / 2 : 0;
  look({ x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale });
}

function move(dx, dy) {
  const within = (place, from, length) => Math.max(from, Math.min(from + length, place));
  look({
    x: within(view.x - dx / view.scale, bounds.x, bounds.width),
    y: within(view.y - dy / view.scale, bounds.y, bounds.height),
    scale: view.scale,
  });
}

// Move a step into the centre, and close enough to be read.
function reveal(node) {
  if (view.isFit && view.scale >= CLEAR) return;
  if (view.isFit) look({ ...view, scale: CLEAR, isFit: false });
  const frame = picture.getBoundingClientRect();
  const box = node.getBoundingClientRect();
  move(frame.left + frame.width / 2 - box.left - box.width / 2, frame.top + frame.height / 2 - box.top - box.height / 2);
}

function pause() {
  clearInterval(timer);
  timer = null;
  element("play").textContent = "Play";
}

function play() {
  if (timer !== null) return pause();
  if (step === last) show(0);
  element("play").textContent = "Pause";
  timer = setInterval(() => show(step + 1), 1600);
}

function go(to) {
  pause();
  show(to);
}

element("slider").max = last;
element("slider").addEventListener("input", (event) => go(Number(event.target.value)));
element("start").addEventListener("click", () => go(0));
element("back").addEventListener("click", () => go(step - 1));
element("forward").addEventListener("click", () => go(step + 1));
element("end").addEventListener("click", () => go(last));
element("play").addEventListener("click", play);
element("count").style.minWidth = `${`Step ${last} of ${last}`.length}ch`; // so that a longer number moves nothing
element("smaller").addEventListener("click", () => zoom(1 / 1.4));
element("larger").addEventListener("click", () => zoom(1.4));
element("whole").addEventListener("click", () => look({ isFit: true }));
picture.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / (event.deltaMode ? 20 : 500)), event);
}, { passive: false });
picture.addEventListener("pointerdown", (event) => { if (event.button === 0) picture.setPointerCapture(event.pointerId); });
picture.addEventListener("pointermove", (event) => { if (picture.hasPointerCapture(event.pointerId)) move(event.movementX, event.movementY); });
addEventListener("resize", () => look(view));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.id === "slider") return;
  const views = {
    "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: () => look({ isFit: true }),
    ...(event.shiftKey && {
      ArrowLeft: () => move(80, 0), ArrowRight: () => move(-80, 0), ArrowUp: () => move(0, 80), ArrowDown: () => move(0, -80),
    }),
  };
  if (views[event.key]) {
    event.preventDefault();
    return views[event.key]();
  }
  const keys = { ArrowRight: () => go(step + 1), ArrowLeft: () => go(step - 1), Home: () => go(0), End: () => go(last) };
  if (event.key === " " && event.target.tagName !== "BUTTON") keys[" "] = play;
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
show(0);
