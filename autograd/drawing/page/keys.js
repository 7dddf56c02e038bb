// Buttons, keys, what a teacher's own script can call, and the start.
function listen() {
  $("first").onclick = () => go(0);
  $("back").onclick = () => go(state.step - 1);
  $("play").onclick = play;
  $("next").onclick = () => go(state.step + 1);
  $("last").onclick = () => go(shown.last);
  $("scrub").oninput = () => go(Number($("scrub").value));
  $("reset").onclick = reset;
  $("help-button").onclick = () => $("help").showModal();
  $("theme").onclick = () => setTheme(isDark() ? "light" : "dark");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (event.key === "Escape") {
      if (state.selected !== null) event.preventDefault(); // who embeds the page may close it when nothing was selected
      event.target.blur?.();
      select(null);
      return;
    }
    if (event.target.matches("input")) return;
    if (event.key === " " && event.target.matches("button,summary")) return;
    const arrows = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };
    const keys = {
      ArrowRight: () => go(state.step + 1), ArrowLeft: () => go(state.step - 1), Home: () => go(0), End: () => go(shown.last), " ": play, r: reset, f: fit, 0: fit,
      "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), "?": () => $("help").showModal(),
    };
    const action = event.shiftKey && arrows[event.key] ? () => move(...arrows[event.key]) : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  listenToPointers();
  listenToPlot();
  listenToPanel();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  if (run) { paint(); tell(); }
}

function write() {
  for (const e of document.querySelectorAll("[data-text]")) e.textContent = WORDS[e.dataset.text];
  for (const e of document.querySelectorAll("[data-title]")) e.title = WORDS[e.dataset.title];
  for (const e of document.querySelectorAll("[data-label]")) {
    e.setAttribute("aria-label", WORDS[e.dataset.label].replace(/ \(.*/, ""));
    if (e.matches("button")) e.title = WORDS[e.dataset.label];
  }
  for (const [keys, does] of WORDS.keys) {
    const term = element("dt", "", $("keys"));
    for (const key of keys) term.append(element("kbd", "", null, key), " ");
    element("dd", "", $("keys"), does);
  }
}

function start() {
  write();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  setTheme(dark.matches ? "dark" : "light");
  dark.onchange = () => setTheme(dark.matches ? "dark" : "light");
  const name = nodes[root].name;
  $("heading").innerHTML = graph.heading ? spoken(WORDS.heading(name)) + `${nameHTML(name)} ${equals(inOneLine(graph.heading, () => ""))}` : esc(WORDS.heading(nodes[root].label ?? graph.file));
  build();
  layout = laidOut();
  compute();
  draw();
  listen();
  state.step = shown.last;
  update();
  fit();
}

// For teachers who embed the page. `read` gives every node in full precision; `set` changes a leaf, an array by as many numbers in lists; `show` selects
// a node, of an array one of its entries, counted from 0. After each change the window has the event `glassgrad`.
window.glassgrad = {
  read() {
    const order = graph.nodes.map((node) => node.id), { data } = run;
    return {
      nodes: order.map((i) => {
        const { label, shape, learns } = graph.nodes[i], g = learns ? right[i] ?? zeros(nodes[i]) : null;
        return { label, data: nested(data[i], shape), grad: nested(g, shape) };
      }),
    };
  },
  set(label, x) {
    const found = graph.nodes.filter((node) => node.isLeaf && node.label === label);
    if (found.length !== 1) throw new Error(found.length ? WORDS.manyLeaves(label) : WORDS.noLeaf(label));
    if (graph.recorded) throw new Error(WORDS.notComputed);
    const [{ id }] = found, before = values.get(id), numbers = [x].flat(Infinity).map(Number);
    if (numbers.length !== (isArray(before) ? before.length : 1) || (!isArray(before) && Array.isArray(x))) throw new Error(WORDS.badNumber(label));
    values.set(id, isArray(before) ? before.constructor.from(numbers) : numbers[0]);
    update();
  },
  show(label, entry = 0) {
    const found = graph.nodes.find((node) => node.label === label);
    if (!found) throw new Error(WORDS.noNode(label));
    if (foldedAround(found.part) !== undefined) refold(() => { for (const part of partsAround(found.part)) isOpen[part] = true; });
    select(found.id);
    selectEntry(entry);
    approach(shown.unitOf.get(found.id));
  },
};
start();
