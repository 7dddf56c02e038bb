// The panel beside the graph: what went wrong, the step, and what is selected.
const selectedName = () => {
  const node = nodes[state.selected];
  return node.shape.length ? `${node.name}[${indexOf(node.shape, state.entry).join(", ")}]` : node.name;
};

function tell() {
  tellAlerts();
  const isEnd = state.step === shown.last, words = isEnd ? null : stepWords(), hasSelection = state.selected !== null;
  $("step").hidden = isEnd && hasSelection;
  $("step").innerHTML = isEnd ? summary() : stepHTML(words);
  $("live").textContent = isEnd ? "" : textFor(words);
  paintPictures($("step"));
  for (const e of $("step").querySelectorAll(".chain")) e.classList.toggle("tight", e.scrollWidth > e.clientWidth);
  for (const e of $("step").querySelectorAll("h2, .equation, .rule, .chain, .sum, .numbers")) if (e.scrollWidth > e.clientWidth) e.tabIndex = 0; // to scroll it by keys
  if ($("tour")) $("tour").onclick = () => { go(0); play(); };
  $("selection").hidden = !hasSelection;
  $("panel").classList.toggle("both", hasSelection && !isEnd);
  if (hasSelection) tellSelection(isEnd);
}
const textFor = ({ kicker, title }) => {
  const e = document.createElement("div");
  e.innerHTML = `${kicker}: ${title}`;
  return e.textContent;
};
const stepHTML = ({ kicker, className = "", title, body }) => `<p class="kicker ${className}">${kicker}</p><h2>${title}</h2>${body}`;
function summary() {
  const L = nodes[root], x = isArray(run.data[root]) ? run.data[root][0] : run.data[root];
  const hasFields = graph.nodes.some((node) => node.isLeaf && !node.shape.length);
  const idle = graph.recorded ? WORDS.idleRecorded : hasFields ? WORDS.idleText : WORDS.idleArrays;
  return `<h2>${esc(WORDS.idleTitle(L.name, plain(x)))}</h2><p>${idle}</p><button id="tour" class="do">${WORDS.tour}</button>`;
}

function tellAlerts() {
  const alerts = [];
  if (graph.recorded) alerts.push(`<div class="note">${esc(WORDS.recorded(graph.recorded))}</div>`);
  if (firstBad) {
    const node = nodes[firstBad.id], formula = node.op && firstBad.what === WORDS.data ? ` ${equals(math(node.op.formula, byName(node)))}` : "";
    alerts.push(`<div class="alert" id="bad">${esc(WORDS.firstBad(plain(firstBad.x), firstBad.what, node.name))}${formula}.</div>`);
  }
  show($("alerts"), alerts.join(""));
  show($("wrong-says"), state.wrong ? `<div class="alert">${wrongHTML()}</div>` : `<p>${WORDS.choose}</p>`);
  if ($("show-wrong")) $("show-wrong").onclick = () => { state.selected = null; go(shown.steps.length + 2 + walked.firstWrong.step); };
}
function wrongHTML() {
  const said = walked.firstWrong ? `${WORDS.why[state.wrong]} ${WORDS.allWrong} <button id="show-wrong">${WORDS.showWrong}</button>` : WORDS.harmless;
  return `<b>${WORDS.wrongs[state.wrong][0]}.</b> ${said}`;
}
function show(box, html) { // what is said already is not said again
  if (box.dataset.html !== html) box.dataset.html = box.innerHTML = html;
}

function tellSelection(isEnd) {
  const id = state.selected, node = nodes[id], x = entryOf(run.data[id], state.entry), isChangeable = node.isLeaf && !graph.recorded, name = selectedName();
  $("selected-name").innerHTML = node.shape.length ? esc(name) : spoken(name) + nameHTML(node.short);
  $("selected-number").innerHTML = isChangeable ? "" : num(x);
  for (const part of ["field", "slider"]) $(part).hidden = !isChangeable;
  if (isChangeable) {
    $("field").setAttribute("aria-label", WORDS.number(name));
    $("slider").setAttribute("aria-label", WORDS.slider(name));
    if (document.activeElement !== $("field")) $("field").value = plain(x);
    const { low, high } = rangeAround(x);
    if (Number($("slider").min) !== low || Number($("slider").max) !== high) Object.assign($("slider"), { min: low, max: high });
    $("slider").value = x;
  }
  tellEntries(node, isChangeable);
  const learns = node.learns && !graph.recorded;
  for (const part of ["plot", "rates"]) $(part).toggleAttribute("hidden", !learns);
  $("constant").hidden = node.learns;
  if (learns) {
    plot();
    tellNudge(id, x);
  }
  $("paths").innerHTML = !node.learns || id === root ? "" : isEnd ? pathsHTML(id) : `<button id="to-end">${WORDS.goToEnd}</button>`;
  if ($("to-end")) $("to-end").onclick = () => go(shown.last);
}

function tellNudge(id, x) {
  const y = entryOf(run.data[root], 0), moved = resultAt(id, x + state.nudge), size = digitsApart(moved, y);
  $("slope").innerHTML = num(right[id] === undefined ? 0 : entryOf(right[id], state.entry));
  $("rate").innerHTML = num((moved - y) / state.nudge);
  $("quotient").innerHTML = `(${num(moved, size)} − ${bracketed(y, size)}) / ${state.nudge}`;
  for (const button of $("nudges").children) button.setAttribute("aria-pressed", String(Number(button.dataset.nudge) === state.nudge));
}

// The entries of a selected array: buttons if they are few, else a heat map to click.
const BUTTONS = 64, ACROSS = 6;
function tellEntries(node, isChangeable) {
  const box = $("entries"), count = node.shape.reduce((a, b) => a * b, 1);
  box.hidden = !node.shape.length;
  if (box.hidden) return;
  const [rows, columns] = rowsOf(node.shape), x = run.data[node.id], key = `${node.id}`;
  if (box.dataset.key !== key) {
    box.dataset.key = key;
    const hint = `<p>${isChangeable ? WORDS.entry : WORDS.entryShown} ${WORDS.shape(node.shape)}.</p>`;
    if (count <= BUTTONS && columns <= ACROSS) box.innerHTML = `${hint}<div class="grid" style="grid-template-columns:repeat(${columns},minmax(0,1fr))">${Array.from({ length: count }, () => "<button></button>").join("")}</div>`;
    else box.innerHTML = `${hint}<div class="heat"></div><label>${WORDS.entryField} <input type="number" min="0" max="${count - 1}"></label>`;
    box.querySelectorAll(".grid button").forEach((button, i) => { button.onclick = () => selectEntry(i); });
    const map = box.querySelector(".heat"), field = box.querySelector("input");
    if (map) map.onclick = (event) => {
      const r = map.firstChild.getBoundingClientRect();
      const at = (share, n) => Math.max(0, Math.min(n - 1, Math.floor(share * n)));
      selectEntry(at((event.clientY - r.top) / r.height, rows) * columns + at((event.clientX - r.left) / r.width, columns));
    };
    if (field) field.oninput = () => { if (field.checkValidity() && field.value !== "") selectEntry(Number(field.value)); };
  }
  box.querySelectorAll(".grid button").forEach((button, i) => {
    button.textContent = plain(round(x[i]));
    button.setAttribute("aria-label", `${node.name}[${indexOf(node.shape, i).join(", ")}]: ${button.textContent}`);
    button.setAttribute("aria-pressed", String(i === state.entry));
  });
  const map = box.querySelector(".heat"), field = box.querySelector("input");
  if (map) fillArray(map, x, node.shape, 340, 150);
  if (field && document.activeElement !== field) field.value = state.entry;
}
function selectEntry(entry) {
  state.entry = entry;
  resetRange();
  paint();
  tell();
}

// The paths from what is selected to the result: each as a product; their sum is the grad.
function pathsHTML(id) {
  const { total, paths } = pathsNow(), name = nodes[id].name, L = nodes[root].name;
  if (!total) return `<h3>${esc(WORDS.noPath(name, L))}</h3>`;
  const way = (path) => path.nodes.map((i) => nameHTML(nodes[i].short)).join(" → ") + (path.count ? ` … (${WORDS.pathCount(path.count)})` : "");
  const product = (path) => (path.factors.includes(undefined) ? "" : `${path.factors.map((x, j) => (j ? bracketed(x) : num(x))).join(" × ")} = `);
  const items = paths.map((path, i) => `<button class="path" data-path="${i}"><span>${way(path)}</span><span>${product(path)}<b class="total">${num(path.product)}</b></span></button>`);
  const some = paths.filter((path) => path.product !== 0), none = paths.slice(some.length);
  const count = none.reduce((sum, path) => sum + (path.count ?? 1), 0), isFolded = paths.length > 1 && none.length > 0;
  const isOpen = Boolean($("paths").querySelector("[open]")); // as it was left
  const list = items.slice(0, isFolded ? some.length : undefined).join("");
  const folded = isFolded ? `<details class="zeros"${isOpen ? " open" : ""}><summary>${WORDS.zeroPaths(count, some.length > 0)}</summary>${items.slice(some.length).join("")}</details>` : "";
  const terms = some.length > 1 && some.length <= MANY ? `${some.map((path, j) => (j ? bracketed(path.product) : num(path.product))).join(" + ")} = ` : "";
  const sum = paths.reduce((all, path) => all + path.product, 0);
  const got = entryOf(walked.grads[id] ?? zeros(nodes[id]), state.entry), isOff = state.wrong && !isClose(got, sum);
  const off = isOff ? `<div class="alert">✗ ${esc(WORDS.wrongHere(selectedName(), plain(got)))}</div>` : "";
  return `<h3>${esc(total === 1 ? WORDS.onePath(name, L) : WORDS.paths(total, name, L))}${total > MANY ? WORDS.byFirstStep : ""}</h3>${list}${folded}
    <div class="sum-of-paths">${terms}<b class="total">${num(sum)}</b> = ${esc(selectedName())}.grad</div>${off}`;
}

function listenToPanel() {
  const lit = (event) => {
    const button = event.target.closest?.("[data-path]"), path = button ? Number(button.dataset.path) : null;
    if (state.path === path) return;
    state.path = path;
    paint();
  };
  for (const type of ["pointerover", "focusin", "click"]) $("paths").addEventListener(type, lit);
  for (const type of ["pointerleave", "focusout"]) $("paths").addEventListener(type, () => { if (state.path !== null) { state.path = null; paint(); } });
  editable($("field"), () => state.selected, () => state.entry);
  $("slider").addEventListener("input", () => setLeaf(state.selected, Number(Number($("slider").value).toPrecision(3)), state.entry));
  $("close").onclick = () => select(null);
  for (const button of $("nudges").children) button.onclick = () => { state.nudge = Number(button.dataset.nudge); tell(); };
  const group = $("wrongs");
  for (const [key, [title, code]] of Object.entries(WORDS.wrongs)) {
    const label = element("label", "", group), radio = element("input", "", label);
    Object.assign(radio, { type: "radio", name: "wrong", value: key, checked: key === "" });
    radio.onchange = () => setWrong(key);
    element("span", "", label, `${title} `).append(element("code", "", null, code));
  }
  $("wrong-chip").onclick = () => setWrong("");
  $("wrong-box").ontoggle = () => { if ($("wrong-box").open) $("wrong-box").scrollIntoView({ block: "nearest" }); };
  if (graph.recorded) $("wrong-box").hidden = true;
}
function setWrong(wrong) {
  const top = () => $("wrongs").getBoundingClientRect().top, before = top();
  state.wrong = wrong;
  document.querySelector(`[name=wrong][value="${wrong}"]`).checked = true;
  update();
  $("panel").scrollTop += top() - before; // the list stays under the mouse, whatever changed above it
}
