// Steps through the backward pass that page.py wrote down. Step 0 is the start, where only the
// result has a gradient; then follows each node that passes its gradient on, and last the summary.
"use strict";

const pass = JSON.parse(document.getElementById("pass").textContent);
const element = (id) => document.getElementById(id);
const last = pass.steps.length + 1;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let step = 0;
let timer = null;

// The gradient is the last text of a box. The picture was laid out for the widest one, flush right.
const gradients = new Map();
for (const id of Object.keys(pass.before)) {
  const text = [...element(id).querySelectorAll("text")].at(-1);
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
  for (const [id, text] of gradients) {
    text.textContent = pass.before[id];
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
      "Then it goes against the arrows. Each operation multiplies the gradient of its result by its local derivatives, " +
      "and adds the products to the gradients of its inputs.", []);
    reveal(element(pass.start.box));
  } else {
    tell("Done: every leaf has its gradient", "They are the sums over all paths of the products along each path.",
      pass.leaves.map((text) => ({ formula: text, total: "" })));
  }
  element("slider").value = step;
  element("count").textContent = `Step ${step} of ${last}`;
  element("start").disabled = element("back").disabled = step === 0;
  element("end").disabled = element("forward").disabled = step === last;
  if (step === last) pause();
}

function receive(id, shown, complete) {
  gradients.get(id).textContent = shown;
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
    formula.textContent = part.formula;
    item.append(formula);
    const more = [part.total, part.complete === undefined ? "" : part.complete ? "the sum is complete" : "more is to come"].filter(Boolean).join("; ");
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

// Scroll the figure, not the page, so that the step is in the middle.
function reveal(node) {
  const figure = element("graph");
  const frame = figure.getBoundingClientRect();
  const box = node.getBoundingClientRect();
  figure.scrollBy({
    left: box.left + box.width / 2 - frame.left - frame.width / 2,
    top: box.top + box.height / 2 - frame.top - frame.height / 2,
    behavior: reducedMotion.matches ? "auto" : "smooth",
  });
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
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.id === "slider") return;
  const keys = { ArrowRight: () => go(step + 1), ArrowLeft: () => go(step - 1), Home: () => go(0), End: () => go(last) };
  if (event.key === " " && event.target.tagName !== "BUTTON") keys[" "] = play;
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
show(0);
