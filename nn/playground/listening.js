// Buttons, keys, clicks.
function moveSelection(columns, edges) {
  if (!selected) return void selectWeight(chosenUnit());
  const column = Math.max(1, Math.min(spec.columns.length, selected.column + columns));
  const places = spec.columns[column - 1].edges.flatMap((unit, u) => [...unit.keys(), -1].map((edge) => ({ column, unit: u, edge })));
  const all = places.filter((weight) => weightOf(weight) >= 0);
  if (!all.length) return;
  const i = columns ? 0 : all.findIndex(({ unit, edge }) => unit === selected.unit && edge === selected.edge);
  selectWeight(all[(i + edges + all.length) % all.length]);
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
  $("home-button").onclick = () => { pause(); finishWalk(); openHome(); };
  $("copy").onclick = () => copy($("home-text").value, "The program is copied.");
  $("link").onclick = copyLink;
  $("csv-button").onclick = openCSV;
  $("csv-use").onclick = useCSV;
  $("csv-first").onclick = useFirst;
  $("csv-text").oninput = lookAtHeading;
  $("undraw").onclick = undraw;
  $("save").onclick = saveProgram;
  $("clear").onclick = () => { own = { ...own, X: [[-0.5, 0], [0.5, 0]], y: hasClasses ? [0, 1] : [[-1], [1]], order: [0, 1] }; useOwn(); };
  for (const name of ["code", "weight"]) {
    $(`tab-${name}`).onclick = () => { showTab(name); if (name === "weight" && !selected) selectWeight(chosenUnit()); invalidate(); };
    $(`tab-${name}`).onkeydown = (event) => {
      if (!/^Arrow(Left|Right)$/.test(event.key)) return;
      const other = $(name === "code" ? "tab-weight" : "tab-code");
      other.focus();
      other.click();
    };
  }
  $("to").onchange = () => selectWeight(chosenUnit());
  $("from").onchange = () => selectWeight({ ...selected, edge: Number($("from").value) });
  $("weight").onchange = () => {
    const x = parsed($("weight").value);
    $("weight").setAttribute("aria-invalid", x === null);
    if (x !== null && selected) setWeight(x);
  };
  $("example-button").onclick = openExample;
  $("weight-slider").oninput = () => selected && setWeight(Number($("weight-slider").value));
  listenToCanvases();
  document.addEventListener("keydown", onKey);
  new ResizeObserver(() => invalidate()).observe(document.querySelector("main"));
}

function placeOf(event) {
  const r = event.target.getBoundingClientRect();
  return [event.clientX - r.left, event.clientY - r.top, r.width, r.height];
}

// The point of the plane under the mouse.
function pointAt([x, y, width, height]) {
  const at = (k, share) => range[k][0] + share * (range[k][1] - range[k][0]);
  return [at(0, x / width), at(1, 1 - y / height)];
}

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
    if (isDrawing) return;
    const [x, y] = placeOf(event), distances = places.map(([px, py, row]) => [Math.hypot(px - x, py - y), data.train.rows.indexOf(row)]);
    const [near] = distances.filter(([distance, i]) => i >= 0 && distance < 15).sort((a, b) => a[0] - b[0]);
    if (near) { ringed = near[1]; isPicked = true; invalidate(); }
  };
  for (const type of ["pointerdown", "pointermove"]) $("plane").addEventListener(type, (event) => { if (isDrawing) stroke(event); });
  $("plane").addEventListener("lostpointercapture", endStroke);
  $("plane").onmousemove = (event) => {
    if (inputs !== 2) return;
    const at = Float64Array.from(pointAt(placeOf(event))), outputs = outputsOf(answersTo(at, 1));
    $("plane-read").textContent = `at ${short(at[0])}, ${short(at[1])}: ${outputs.map((output) => short(numberAt(output, 0))).join(", ")}`;
  };
  $("plane").onmouseleave = () => { if (inputs === 2) $("plane-read").textContent = ""; };
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isNet = event.target === $("net");
  if (event.target.matches("input, select, textarea") || (event.key === " " && event.target.matches("button"))) return;
  const keys = { " ": "play", s: "step", e: "epoch", w: "walk", r: "reset", "?": "help-button" };
  const nudge = (d) => selected && setWeight(Number((p[weightOf(selected)] + d).toPrecision(12)));
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }, nudges = { "+": 0.1, "=": 0.1, "-": -0.1 };
  if (isNet && moves[event.key]) moveSelection(...moves[event.key]);
  else if (isNet && nudges[event.key]) nudge(nudges[event.key]);
  else if (keys[event.key.toLowerCase()]) $(keys[event.key.toLowerCase()]).click();
  else return;
  event.preventDefault();
}
