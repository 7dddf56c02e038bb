// A training to scrub through: for each epoch the plane with its boundary, and the curves up to it.
const $ = (id) => document.getElementById(id);
const training = JSON.parse($("training").textContent);
const { epochs, measures, plane } = training;
const SHAPES = ["circle", "square", "triangle", "diamond"];
const WIDTH = 520, HEIGHT = 180, LEFT = 64, RIGHT = 10, TOP = 10, BOTTOM = 30;
const WAIT = Math.max(50, Math.min(400, 12000 / epochs.length)); // milliseconds of an epoch: the whole takes about 12 seconds
let now = epochs.length - 1, timer = null;

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const rgb = (text) => {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = text;
  return [1, 3, 5].map((i) => parseInt(context.fillStyle.slice(i, i + 2), 16));
};
const short = (x, digits = 4) => (x === null ? "not finite" : Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-4) ? x.toExponential(2) : String(Number(x.toPrecision(digits))));

function svg(name, attributes, parent, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, x] of Object.entries(attributes)) element.setAttribute(key, x);
  element.textContent = text;
  parent?.append(element);
  return element;
}

// --- curves: a panel for each measure, the validation's beside the training's ---
const panels = measures.filter(({ name }) => !(name.startsWith("val_") && measures.some((other) => `val_${other.name}` === name))).map(({ name }) => {
  const lines = measures.filter((other) => other.name === name || other.name === `val_${name}`)
    .map((line) => ({ ...line, kind: line.name.startsWith("val_") ? "validation" : "training" }));
  const known = lines.flatMap(({ numbers }) => numbers).filter((x) => x !== null);
  const low = Math.min(...known), high = Math.max(...known), spread = high - low || Math.abs(high) || 1;
  const figure = document.createElement("figure");
  figure.className = "curve";
  figure.append(Object.assign(document.createElement("figcaption"), { textContent: `${name}, by epoch` }));
  const values = Object.assign(document.createElement("div"), { className: "values" });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, figure);
  figure.append(values);
  $("curves").append(figure);
  const x = (i) => LEFT + (WIDTH - LEFT - RIGHT) * (epochs.length > 1 ? i / (epochs.length - 1) : 0.5);
  const y = (number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (number - low + 0.05 * spread) / (1.1 * spread));
  svg("path", { class: "axis", d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}` }, picture);
  if (!known.length) svg("text", { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle" }, picture, "no finite number");
  for (const number of known.length ? new Set([low, high]) : []) svg("text", { x: LEFT - 6, y: y(number) + 4, "text-anchor": "end" }, picture, short(number, 3));
  svg("text", { x: x(0), y: HEIGHT - 8, "text-anchor": epochs.length > 1 ? "start" : "middle" }, picture, `epoch ${epochs[0]}`);
  if (epochs.length > 1) svg("text", { x: x(epochs.length - 1), y: HEIGHT - 8, "text-anchor": "end" }, picture, epochs.at(-1));
  for (const { numbers, kind } of lines) {
    let piece = [];
    const end = () => { if (piece.length > 1) svg("polyline", { class: kind, points: piece.join(" ") }, picture); piece = []; };
    numbers.forEach((number, i) => { if (number === null) end(); else piece.push(`${x(i).toFixed(1)},${y(number).toFixed(1)}`); });
    end();
  }
  const cursor = svg("line", { class: "now", y1: TOP, y2: HEIGHT - BOTTOM }, picture);
  const dots = lines.map(({ kind }) => svg("circle", { class: `dot ${kind}`, r: 5 }, picture));
  picture.addEventListener("pointerdown", (event) => {
    const box = picture.getBoundingClientRect(), place = ((event.clientX - box.left) / box.width) * WIDTH;
    go(Math.round(((place - LEFT) / (WIDTH - LEFT - RIGHT)) * (epochs.length - 1)));
  });
  return () => {
    cursor.setAttribute("x1", x(now));
    cursor.setAttribute("x2", x(now));
    values.replaceChildren(...lines.map(({ numbers, kind }, i) => {
      const number = numbers[now], value = document.createElement("span");
      dots[i].toggleAttribute("hidden", number === null);
      if (number !== null) { dots[i].setAttribute("cx", x(now)); dots[i].setAttribute("cy", y(number)); }
      value.className = `of-${kind}${number === null ? " bad" : ""}`;
      value.append(`${kind} `, Object.assign(document.createElement("b"), { textContent: short(number) }));
      return value;
    }));
  };
});

// --- the plane ---
function outline(shape, x, y, r) {
  const path = new Path2D();
  if (shape === "circle") path.arc(x, y, r, 0, 7);
  else {
    const corners = { square: [[-1, -1], [1, -1], [1, 1], [-1, 1]], triangle: [[0, -1.2], [1.1, 0.9], [-1.1, 0.9]], diamond: [[0, -1.35], [1.35, 0], [0, 1.35], [-1.35, 0]] };
    for (const [dx, dy] of corners[shape]) path.lineTo(x + 0.9 * r * dx, y + 0.9 * r * dy);
    path.closePath();
  }
  return path;
}

// The numbers of one score at a frame: 32767 stands for the largest, and −32768 for nan.
const stored = plane && Uint8Array.from(atob(plane.bytes), (c) => c.charCodeAt(0));
const numbersOf = (frame, score) => new Int16Array(stored.buffer, 2 * (frame * plane.scores + score) * plane.side ** 2, plane.side ** 2);

function paint() {
  const canvas = $("plane"), { side, scores, colours, points, classes, left, right, bottom, top } = plane;
  const size = Math.min(480, Math.round((canvas.clientWidth || 400) * devicePixelRatio)), high = Math.round((size * (top - bottom)) / (right - left));
  canvas.width = size;
  canvas.height = high;
  const frame = plane.epochs.findLastIndex((epoch) => epoch <= epochs[now]), context = canvas.getContext("2d");
  $("plane-title").textContent = frame < 0 ? "The plane was not looked at yet" : `The boundary between the classes after epoch ${plane.epochs[frame]}`;
  if (frame >= 0) {
    const image = context.createImageData(size, high), inks = colours.map(rgb), paper = rgb(css("page")), ink = rgb(css("ink")), red = rgb(css("red"));
    const layers = Array.from({ length: scores }, (_, k) => numbersOf(frame, k)), ahead = new Int16Array(size * high);
    for (let row = 0; row < high; row++) {
      const v = ((high - 0.5 - row) / high) * (side - 1), r = Math.min(side - 2, Math.floor(v)), dv = v - r;
      for (let column = 0; column < size; column++) {
        const u = ((column + 0.5) / size) * (side - 1), c = Math.min(side - 2, Math.floor(u)), du = u - c, at = r * side + c;
        let best = -Infinity, chosen = 0, isBad = false;
        for (let k = 0; k < scores; k++) {
          const a = layers[k][at], b = layers[k][at + 1], d = layers[k][at + side], e = layers[k][at + side + 1];
          if (a === -32768 || b === -32768 || d === -32768 || e === -32768) isBad = true;
          const x = ((1 - du) * a + du * b) * (1 - dv) + ((1 - du) * d + du * e) * dv;
          if (x > best) { best = x; chosen = k; }
        }
        if (scores === 1) { chosen = best > 0 ? 1 : 0; best = Math.abs(best); }
        const place = row * size + column, share = 0.6 * Math.tanh((Math.max(0, best) * plane.most[frame]) / 32767); // as in nn.plot
        ahead[place] = isBad ? -1 : chosen;
        for (let i = 0; i < 3; i++) image.data[4 * place + i] = isBad ? red[i] : paper[i] + (inks[chosen][i] - paper[i]) * share;
        image.data[4 * place + 3] = 255;
      }
    }
    for (let place = 0; place < size * (high - 1); place++) {
      const isEdge = ahead[place] !== ahead[place + size] || ((place + 1) % size && ahead[place] !== ahead[place + 1]);
      if (isEdge) for (let i = 0; i < 3; i++) image.data[4 * place + i] = ink[i];
    }
    context.putImageData(image, 0, 0);
  }
  const radius = (points.length > 120 ? 3.2 : 4.6) * (size / Math.max(canvas.clientWidth, 1));
  context.strokeStyle = css("dot");
  context.lineWidth = radius / 4;
  points.forEach(([x, y], i) => {
    const path = outline(SHAPES[classes[i] % SHAPES.length], ((x - left) / (right - left)) * size, ((top - y) / (top - bottom)) * high, radius);
    context.fillStyle = colours[classes[i]];
    context.fill(path);
    context.stroke(path);
  });
}

function legend() {
  plane.names.forEach((name, k) => {
    const item = document.createElement("li"), mark = svg("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" }, item);
    const look = { fill: plane.colours[k], stroke: css("dot"), "stroke-width": 1 }, shape = SHAPES[k % SHAPES.length];
    if (shape === "circle") svg("circle", { r: 5.5, ...look }, mark);
    else svg("path", { d: { square: "M-5-5H5V5H-5z", triangle: "M0-6 6 5H-6z", diamond: "M0-7 7 0 0 7-7 0z" }[shape], ...look }, mark);
    item.append(name);
    $("classes").append(item);
  });
}

function show() {
  for (const draw of panels) draw();
  if (plane) paint();
  $("scrub").value = now;
  $("epoch").textContent = `epoch ${epochs[now]} of ${epochs.at(-1)}`;
  $("scrub").setAttribute("aria-valuetext", $("epoch").textContent);
  if (plane) $("plane").setAttribute("aria-label", `${plane.points.length} points, and the boundary between their classes at ${$("epoch").textContent}`);
}
function go(place, keepsPlaying = false) {
  if (!keepsPlaying) stop();
  now = Math.max(0, Math.min(epochs.length - 1, place));
  show();
}
function stop() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "Play";
}
function play() {
  if (timer) { stop(); return; }
  if (now === epochs.length - 1) go(0);
  $("play").textContent = "Pause";
  timer = setInterval(() => {
    go(now + 1, true);
    if (now === epochs.length - 1) stop();
  }, WAIT);
}
function setTheme(isDark) {
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  show();
}

$("scrub").max = epochs.length - 1;
$("scrub").oninput = () => go(Number($("scrub").value));
$("play").onclick = play;
$("theme").onclick = () => setTheme(document.documentElement.dataset.theme !== "dark");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  if (event.key === " " && event.target.matches("button")) return;
  const action = { ArrowLeft: () => go(now - 1), ArrowRight: () => go(now + 1), Home: () => go(0), End: () => go(epochs.length - 1), " ": play }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
$("plane-box").hidden = !plane;
if (plane) { legend(); addEventListener("resize", paint); }
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.onchange = () => setTheme(dark.matches);
setTheme(dark.matches);

// For teachers who embed the page: what is shown, and the way to another epoch.
window.glassgrad = {
  read: () => ({ epoch: epochs[now], numbers: Object.fromEntries(measures.map(({ name, numbers }) => [name, numbers[now]])) }),
  go: (epoch) => go(epochs.indexOf(epoch)),
};
