// The graph in the window: a box for each node or folded part, and arrows. `draw` makes them, `paint` fills them.
const SVG = "http://www.w3.org/2000/svg";
const ALL = 400; // boxes that are all in the document at once; of more, those in the window
const CHIPS = 100; // numbers on arrows
const cards = new Map(), lines = new Map();

function element(tag, className, parent, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  parent?.append(e);
  return e;
}
function stand(e, p) {
  Object.assign(e.style, { left: `${p.x}px`, top: `${p.y}px`, width: `${p.w}px`, height: `${p.h}px` });
}
function svgPath(className, d, parent) {
  const path = parent.appendChild(document.createElementNS(SVG, "path"));
  path.setAttribute("d", d);
  path.setAttribute("class", className);
  return path;
}

function draw() {
  const world = $("world");
  world.replaceChildren();
  cards.clear();
  lines.clear();
  for (const frame of layout.frames.sort((a, b) => b.w * b.h - a.w * a.h)) drawFrame(frame, world);
  const svg = world.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("aria-hidden", "true");
  for (const flow of shown.flows.values()) lines.set(flow.key, curve(lineOf(flow, layout), layout.pitch));
  svgPath("edges", [...lines.values()].join(""), svg);
  const dots = shown.units.size > ALL ? [...layout.places.values()].map((p) => `M${p.x} ${p.y}h${p.w}v${p.h}h${-p.w}z`).join("") : "";
  svgPath("dots", dots, svg);
  const lit = svg.appendChild(document.createElementNS(SVG, "g"));
  lit.id = "lit";
  element("div", "", world).id = "chips";
  mount();
}

function mount() { // makes the boxes that are in the window
  if (!shown) return;
  const r = $("canvas").getBoundingClientRect(), all = shown.units.size <= ALL;
  const inWindow = (p) => {
    const x = p.x * view.scale + view.x, y = p.y * view.scale + view.y;
    return x < r.width + 200 && y < r.height + 200 && x + p.w * view.scale > -200 && y + p.h * view.scale > -200;
  };
  const isLegible = all || view.scale > 0.22;
  $("world").classList.toggle("far", !isLegible);
  for (const [key, card] of cards) {
    if (all || (isLegible && inWindow(layout.places.get(key))) || card.contains(document.activeElement)) continue;
    card.remove();
    cards.delete(key);
  }
  if (!isLegible) return;
  let isMore = false;
  for (const unit of shown.units.values()) {
    if (cards.has(unit.key) || !(all || inWindow(layout.places.get(unit.key)))) continue;
    cards.set(unit.key, drawCard(unit));
    isMore = true;
  }
  if (run && isMore) paint();
}

function drawFrame(frame, world) {
  const box = element("div", "frame", world), { title, calls } = graph.parts[frame.part];
  stand(box, frame);
  const button = element("button", "", box, `▾ ${title}${calls > 1 ? ` ${WORDS.calls(calls)}` : ""}`);
  button.setAttribute("aria-expanded", "true");
  button.title = WORDS.closePart(title);
  button.onclick = () => refold(() => { isOpen[frame.part] = false; }, () => cards.get(`p${frame.part}`)?.querySelector(".toggle")?.focus({ preventScroll: true }));
}

function drawCard(unit) {
  const { node } = unit, p = layout.places.get(unit.key), part = unit.part === undefined ? null : graph.parts[unit.part];
  const kind = part ? "module" : node.isLeaf ? "leaf" : node.learns ? "value" : "constant";
  const results = part ? unit.results : [node.id], isArrayCard = results.length === 1 && nodes[results[0]].shape.length;
  const card = element("div", `card ${kind}${isArrayCard ? " array" : ""}`, $("world"));
  card.dataset.key = unit.key;
  card.setAttribute("role", "group");
  stand(card, { ...p, x: p.x + p.badge, w: p.w - p.badge });
  if (isArrayCard) card.style.setProperty("--row", `${p.row}px`);
  if (node?.op) element("div", `badge${node.op.symbol.length > 2 ? " long" : ""}`, card, signOf(node)).setAttribute("aria-hidden", "true");
  const head = element("div", "name", card);
  if (part) {
    element("b", "", head, `${part.title}${part.calls > 1 ? ` ${WORDS.calls(part.calls)}` : ""}`);
    const parameters = unit.members.filter((i) => nodes[i].isLeaf).reduce((sum, i) => sum + nodes[i].shape.reduce((a, b) => a * b, 1), 0);
    head.title = head.textContent + (parameters ? `, ${WORDS.parameters(parameters)}` : "");
  } else {
    const button = element("button", "title", head);
    button.innerHTML = nameHTML(node.short);
    button.setAttribute("aria-label", WORDS.explain(node.short));
    element("span", "formula", head).innerHTML = briefFormula(node);
  }
  if (results.length === 1) {
    drawRow(card, nodes[results[0]], WORDS.data);
    if (nodes[results[0]].learns) drawRow(card, nodes[results[0]], WORDS.grad);
  }
  else if (results.length) {
    element("div", "heat", card);
    element("div", "row", card, WORDS.values(results.length));
  }
  drawToggle(unit, card);
  card.onclick = (event) => { if (node && !event.target.closest(".toggle")) select(node.id); };
  return card;
}

function drawRow(card, node, what) {
  const row = element("div", `row ${what}`, card);
  element("span", "", row, what);
  if (what === WORDS.data && node.isLeaf && !node.shape.length && !graph.recorded && card.classList.contains("leaf")) {
    const field = element("input", "", row);
    Object.assign(field, { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
    field.setAttribute("aria-label", node.name);
    editable(field, () => node.id, () => 0);
    field.addEventListener("focus", () => select(node.id));
  } else element("em", node.shape.length ? "heat" : "", row);
}

function drawToggle(unit, card) {
  const { node } = unit, isSum = node && (opened.has(node.id) || (node.op?.opens && node.op.ofNumbers));
  if (!isSum && unit.part === undefined) return;
  const isOpened = node && opened.has(node.id), toggle = element("button", "toggle", card, isOpened ? "▾" : `▸ ${WORDS.open}`);
  toggle.setAttribute("aria-expanded", String(!!isOpened));
  toggle.setAttribute("aria-label", isOpened ? WORDS.closeSum : isSum ? WORDS.openSum : WORDS.openPart(graph.parts[unit.part].title));
  toggle.onclick = () => {
    if (isSum) refold(() => { if (isOpened) opened.delete(node.id); else opened.add(node.id); }, () => cards.get(unit.key)?.querySelector(".toggle")?.focus({ preventScroll: true }));
    else refold(() => { isOpen[unit.part] = true; });
  };
}

// A field for a number: what is typed counts at once; ↑ and ↓ change it a little, with shift by more.
function editable(field, idOf, entryOfIt) {
  const now = () => entryOf(values.get(idOf()), entryOfIt());
  field.addEventListener("focus", () => { field.value = plainASCII(now()); field.select(); });
  field.addEventListener("blur", () => { field.removeAttribute("aria-invalid"); paint(); });
  field.addEventListener("input", () => {
    const x = parsed(field.value);
    field.setAttribute("aria-invalid", String(x === null));
    if (x !== null) setLeaf(idOf(), x, entryOfIt());
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") field.blur();
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const step = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 1 : 0.1);
    setLeaf(idOf(), Number((now() + step).toPrecision(12)), entryOfIt());
    field.value = plainASCII(now());
  });
}
const plainASCII = (x) => (Number.isFinite(x) ? String(x) : plain(x).replace("−", "-"));

// The sign of an operation on the edge of its box, and a formula that fits into its corner.
const signOf = (node) => (node.op.isSum ? "Σ" : node.op.symbol.length > 9 ? `${node.op.symbol.slice(0, 8)}…` : node.op.symbol);
function briefFormula(node) {
  if (!node.op) return node.shape.length ? esc(shapeText(node.shape)) : "";
  if (node.op.isSum) return inMath(`<mi>Σ</mi><msub><mi>w</mi><mi>i</mi></msub><msub><mi>x</mi><mi>i</mi></msub>${node.op.symbol.includes("b") ? "<mo>+</mo><mi>b</mi>" : ""}`);
  if (node.isProduct) return "";
  const names = node.in.map((x) => (typeof x === "string" ? plain(Number(x)) : nodes[x].short));
  if (names.join("").length > 9 || node.op.formula.length > 60) return node.shape.length ? esc(shapeText(node.shape)) : "";
  return inOneLine(node.op.formula, byName(node));
}
const shapeText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
const byName = (node) => (kind, i, place) => {
  const x = kind === "y" ? node.id : node.in[i];
  if (typeof x === "string") return numberMath(Number(x), place);
  const base = symbol(nodes[x].short), isProduct = nodes[x].short.includes("·");
  const safe = isProduct ? `<mrow><mo>(</mo>${base}<mo>)</mo></mrow>` : base;
  return place.power ? `<msup>${safe}${place.power}</msup>` : safe;
};

function paintCard(unit, { known, grads }) {
  const card = cards.get(unit.key), results = unit.node ? [unit.node.id] : unit.results, isBack = state.step > shown.steps.length;
  if (!results.length) return;
  if (results.length > 1) {
    const numbers = Float64Array.from(results, (i) => (known.has(i) && !isArray(run.data[i]) ? run.data[i] : 0));
    fillArray(card.querySelector(".heat"), numbers, [numbers.length], 116, 22);
    return;
  }
  const node = nodes[results[0]], x = known.has(node.id) ? run.data[node.id] : undefined;
  const g = isBack && node.learns ? grads[node.id] ?? zeros(node) : undefined, field = card.querySelector(".row input");
  const show = (e, x) => {
    if (e.classList.contains("heat")) { if (x) fillArray(e, x, node.shape, HEAT.w, HEAT.h); else e.textContent = "·"; return; }
    e.textContent = x === undefined ? "·" : plain(x);
    e.classList.toggle("bad", isBad(x));
  };
  if (field) {
    if (document.activeElement !== field) field.value = plain(x);
    field.classList.toggle("bad", isBad(x));
  } else show(card.querySelector(`.${WORDS.data} em`), x);
  const spoken = (x) => (x === undefined ? WORDS.notYet : isArray(x) ? WORDS.shape(node.shape) : plain(x));
  card.setAttribute("aria-label", `${node.name}: ${WORDS.data} ${spoken(x)}, ${WORDS.grad} ${node.learns ? spoken(g) : WORDS.noGrad}`);
  if (!node.learns) return;
  card.classList.toggle("off", Boolean(state.wrong) && state.step === shown.last && !isClose(g, right[node.id] ?? zeros(node)));
  show(card.querySelector(`.${WORDS.grad} em`), g);
  card.querySelector(`.${WORDS.grad}`).classList.toggle("none", !isBack || grads[node.id] === undefined);
}

// Three digits, which fit between two boxes.
const factorText = (x) => `× ${plain(Number(x.toPrecision(3)))}`;

// Lights up a flow, with a number on it.
function light(key, className, text) {
  const d = lines.get(key);
  if (!d) return;
  const path = svgPath(`edge ${className}`, d, $("lit"));
  if (text === undefined) return;
  if ($("chips").childElementCount > CHIPS) return;
  const middle = path.getPointAtLength(path.getTotalLength() / 2), chip = element("div", "chip", $("chips"), text);
  Object.assign(chip.style, { left: `${middle.x}px`, top: `${middle.y}px` });
}

function paint() {
  const known = knownAt(state.step), count = shown.steps.length, { step } = state;
  $("lit").replaceChildren();
  $("chips").replaceChildren();
  for (const [key, card] of cards) {
    card.classList.remove("selected", "now-forward", "now-backward", "receives", "dim", "wrong");
    paintCard(shown.units.get(key), known);
  }
  const mark = (unit, name) => cards.get(unit.key)?.classList.add(name);
  $("world").classList.remove("paths");
  if (step >= 1 && step <= count) {
    const { unit } = shown.steps[step - 1];
    mark(unit, "now-forward");
    for (const flow of shown.flows.values()) if (flow.b === unit) light(flow.key, "forward");
  } else if (step === count + 1) mark(shown.unitOf.get(root), "now-backward");
  else if (step > count + 1 && step < shown.last) paintBackward(walked.steps[step - count - 2], mark);
  if (state.selected !== null) {
    mark(shown.unitOf.get(state.selected), "selected");
    if (step === shown.last) paintPaths();
  } else if (step === shown.last && walked.firstWrong) mark(shown.unitOf.get(walked.firstWrong.x), "wrong");
  paintBar();
}

function paintBackward({ group, parts }, mark) {
  mark(group.unit, "now-backward");
  for (const part of parts) {
    const to = shown.unitOf.get(part.x);
    if (to === group.unit) continue;
    mark(to, "receives");
    if (part.isWrong) mark(to, "wrong");
    const local = group.unit.node ? localOf(part) : undefined, text = local === undefined ? undefined : factorText(local);
    light(flowKey(to, group.unit, part.x, part.node, part.slot), "backward", text);
  }
}

function paintPaths() {
  const { paths } = pathsNow(), lit = new Set(), onPath = new Set([shown.unitOf.get(state.selected).key]);
  $("world").classList.add("paths");
  for (const path of state.path === null ? paths : [paths[state.path]]) {
    for (const i of path.nodes) onPath.add(shown.unitOf.get(i).key);
    path.slots.forEach((slot, j) => {
      const [x, user] = [path.nodes[j], path.nodes[j + 1]], a = shown.unitOf.get(x), b = shown.unitOf.get(user), key = flowKey(a, b, x, user, slot);
      if (a === b || lit.has(key)) return;
      lit.add(key);
      light(key, "path", a.node && b.node && path.factors[j] !== undefined ? factorText(path.factors[j]) : undefined);
    });
  }
  for (const [key, card] of cards) card.classList.toggle("dim", !onPath.has(key));
}

function paintBar() {
  const count = shown.steps.length, { step } = state, bar = $("scrub");
  const text = step === 0 ? WORDS.countStart : step <= count ? WORDS.countForward(step, count) : step === count + 1 ? WORDS.countSeed : step === shown.last ? WORDS.countDone : WORDS.countBackward(step - count - 1, count);
  Object.assign(bar, { max: shown.last, value: step });
  bar.setAttribute("aria-valuetext", text);
  bar.parentElement.style.setProperty("--split", `${(100 * (count + 0.5)) / shown.last}%`);
  $("count").textContent = text;
  for (const [id, isEnd] of [["first", step === 0], ["back", step === 0], ["next", step === shown.last], ["last", step === shown.last]]) $(id).setAttribute("aria-disabled", isEnd);
  $("wrong-chip").hidden = !state.wrong;
}
