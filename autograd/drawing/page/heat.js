// Pictures of arrays: a small one as its numbers, a larger one as a heat map, blue above 0 and orange below.
const SMALL = 12; // entries that are shown as numbers
const HEAT = { w: 130, h: 46 }; // pixels of a heat map in a box, at most
const isTable = (size, rows, columns) => size > 0 && size <= SMALL && columns <= 3 && rows <= 4;

const isDark = () => document.documentElement.dataset.theme === "dark";
// An array as rows and columns: the last axis goes across, all others down.
function rowsOf(shape) {
  const columns = shape.at(-1) ?? 1, size = shape.reduce((a, b) => a * b, 1);
  return [columns ? size / columns : 0, columns];
}

function colour(x, most) {
  if (!Number.isFinite(x)) return [208, 0, 48];
  const share = most ? Math.min(1, Math.abs(x) / most) : 0, from = isDark() ? [38, 42, 50] : [246, 246, 244];
  const to = x < 0 ? (isDark() ? [255, 171, 102] : [176, 74, 0]) : isDark() ? [116, 183, 249] : [10, 95, 168];
  return from.map((c, i) => Math.round(c + (to[i] - c) * Math.sqrt(share)));
}

function paintHeat(canvas, x, shape) {
  const [rows, columns] = rowsOf(shape), most = x.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
  // More entries than points: one entry stands for its neighbours.
  const stepY = Math.ceil(rows / 256), stepX = Math.ceil(columns / 256), h = Math.ceil(rows / stepY), w = Math.ceil(columns / stepX);
  if (canvas.width !== w || canvas.height !== h) { canvas.width = Math.max(1, w); canvas.height = Math.max(1, h); }
  const context = canvas.getContext("2d"), image = context.createImageData(Math.max(1, w), Math.max(1, h));
  for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) {
    image.data.set([...colour(x[i * stepY * columns + j * stepX], most), 255], 4 * (i * w + j));
  }
  context.putImageData(image, 0, 0);
}

// An array in a box of at most so many pixels.
function fillArray(box, x, shape, width, height) {
  if (x && !x.length) { box.textContent = shapeText(shape); return; }
  const [rows, columns] = rowsOf(shape);
  if (x && isTable(x.length, rows, columns)) {
    box.innerHTML = tableOf(x, shape);
    return;
  }
  let canvas = box.querySelector("canvas");
  if (!canvas) {
    box.replaceChildren(canvas = document.createElement("canvas"));
    const scale = Math.min(width / columns, height / rows);
    canvas.style.width = `${Math.max(6, Math.min(width, columns * scale))}px`;
    canvas.style.height = `${Math.max(6, Math.min(height, rows * scale))}px`;
  }
  if (x) paintHeat(canvas, x, shape);
}
function tableOf(x, shape) {
  const [rows, columns] = rowsOf(shape);
  let html = "";
  for (let i = 0; i < rows; i++) {
    html += `<span class="matrix-row">${Array.from({ length: columns }, (_, j) => `<span>${num(round(x[i * columns + j]))}</span>`).join("")}</span>`;
  }
  return `<span class="matrix">${html}</span>`;
}
const round = (x) => (Number.isFinite(x) ? Number(x.toPrecision(3)) : x);
