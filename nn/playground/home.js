// Take it home: the trained network as a program, and a link that opens the page in this state.
let taking = 0;

function nestedText(shape, at) {
  const text = (shape, at) => {
    if (!shape.length) return number(at[0]);
    const size = at.length / shape[0];
    return `[${Array.from({ length: shape[0] }, (_, i) => text(shape.slice(1), at.slice(i * size, (i + 1) * size))).join(", ")}]`;
  };
  const number = (i) => (Number.isFinite(p[i]) ? String(p[i]).replace(/^(-?\d+)$/, "$1.0") : `float("${p[i]}")`);
  return text(shape, at);
}

function programToTake({ text, arrays }) {
  const all = arrays.map(([shape, at]) => nestedText(shape, at));
  const answer = outputsOf(answersTo(Float64Array.from(spec.taken), 1)).map((output) => String(Number(numberAt(output, 0).toPrecision(6)))).join(", ");
  return text.replace("ANSWER", answer).replace("NUMBERS", () => `[\n${inLines(all)}]`).replace("ROWS", () => all.map((row) => `    ${row},`).join("\n"));
}

// Numbers, as many to a line as fit into 100 characters.
function inLines(texts) {
  let out = "", line = "   ";
  for (const text of texts) {
    if (line.length + text.length > 98 && line.trim()) { out += `${line}\n`; line = "   "; }
    line += ` ${text},`;
  }
  return `${out}${line}\n`;
}

function openHome() {
  $("link").hidden = location.protocol === "about:"; // a page in a notebook has no address
  $("home-tabs").replaceChildren(...spec.home.map(({ name }, i) => {
    const tab = document.createElement("button");
    Object.assign(tab, { textContent: name, onclick: () => take(i) });
    tab.setAttribute("role", "tab");
    return tab;
  }));
  take(taking);
  $("home-says").textContent = "";
  $("home").showModal();
}

function take(i) {
  taking = i;
  [...$("home-tabs").children].forEach((tab, k) => tab.setAttribute("aria-selected", k === i));
  $("home-text").value = programToTake(spec.home[i]);
}

function saveProgram() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([$("home-text").value], { type: "text/x-python" }));
  link.download = `network_${spec.home[taking].name.toLowerCase()}.py`;
  link.click();
  URL.revokeObjectURL(link.href);
  $("home-says").textContent = `It is saved as ${link.download}.`;
}

async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or a page from disk
    const area = document.createElement("textarea");
    area.value = text;
    $("home").append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  $("home-says").textContent = done;
}

// The state as text for the end of an address: what was chosen, and the numbers.
function stateText() {
  const bytes = new Uint8Array(Float64Array.from([...p, ...memory.v, ...memory.m_]).buffer);
  const numbers = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")), { steps, epoch } = training;
  const state = { choices, steps, epoch, count: memory.step, order, next, shuffling: shuffling.state, numbers };
  if (own !== spec.data) state.own = own;
  return encodeURIComponent(JSON.stringify(state));
}

// Whether the address had a state, and it was taken.
function takeState() {
  if (location.hash.length < 3) return false;
  const before = { ...choices };
  try {
    const state = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    const numbers = new Float64Array(Uint8Array.from(atob(state.numbers), (c) => c.charCodeAt(0)).buffer), n = p.length;
    if (numbers.length !== 3 * n) return false; // of another network
    for (const name of Object.keys(choices)) if (typeof state.choices[name] === typeof choices[name]) choices[name] = state.choices[name];
    if (!SETS.includes(choices.set) || !(choices.optimizer in spec.updates)) throw new Error("unknown");
    own = state.own ?? own;
    loadData();
    restart();
    p.set(numbers.subarray(0, n));
    memory = { v: numbers.slice(n, 2 * n), m_: numbers.slice(2 * n), step: state.count };
    Object.assign(training, { steps: state.steps, epoch: state.epoch, history: [] });
    ({ order, next } = state);
    shuffling = generator(state.shuffling);
    return true;
  } catch {
    Object.assign(choices, before);
    return false;
  }
}

function copyLink() {
  history.replaceState(null, "", `#${stateText()}`);
  copy(location.href, "The link is copied, and it is the address of this page now.");
}
