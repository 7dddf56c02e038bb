// Drawing on canvases, in pixels of the page.
const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Helvetica, Arial, sans-serif";

function resized(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height }); // which empties it
  return canvas;
}

// A canvas as large as its place on the page, cleared.
function cleared(canvas, height = null) {
  if (height !== null) canvas.style.height = `${height}px`;
  const { width, height: h } = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  resized(canvas, Math.round(width * ratio), Math.round(h * ratio));
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, h);
  context.font = FONT;
  context.textBaseline = "middle";
  return { context, width, height: h };
}

// A picture of so many dots, from the colour of each.
function picture(size, colourAt, canvas = document.createElement("canvas")) {
  const context = resized(canvas, size, size).getContext("2d"), image = context.createImageData(size, size);
  const dots = new Uint32Array(image.data.buffer);
  for (let i = 0; i < dots.length; i++) dots[i] = colourAt(i);
  context.putImageData(image, 0, 0);
  return canvas;
}

// The marker of a class: hollow for held-out points.
const MARKERS = [
  (c, x, y, r) => c.arc(x, y, r, 0, 2 * Math.PI),
  (c, x, y, r) => c.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r),
  (c, x, y, r) => polygon(c, [x, y - 1.2 * r], [x + 1.15 * r, y + 0.9 * r], [x - 1.15 * r, y + 0.9 * r]),
  (c, x, y, r) => polygon(c, [x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r], [x - 1.3 * r, y]),
];
function polygon(context, ...corners) {
  corners.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x, y));
  context.closePath();
}
function marker(context, kind, x, y, r, colour, isHollow) {
  context.beginPath();
  MARKERS[kind % MARKERS.length](context, x, y, r);
  context.fillStyle = css(isHollow ? ink.page : colour);
  context.strokeStyle = css(isHollow ? colour : ink.page);
  context.lineWidth = isHollow ? 1.8 : 1;
  context.fill();
  context.stroke();
}

// A line through points [x, y]; where y is not finite, it is interrupted.
function line(context, points, { colour = ink.ink, width = 1.6, dashes = [] } = {}) {
  context.beginPath();
  let isDown = false;
  for (const [x, y] of points) {
    if (Number.isFinite(y)) context[isDown ? "lineTo" : "moveTo"](x, y);
    isDown = Number.isFinite(y);
  }
  context.strokeStyle = css(colour);
  context.lineWidth = width;
  context.setLineDash(dashes);
  context.stroke();
  context.setLineDash([]);
}

function words(context, text, x, y, align = "left", colour = ink.muted) {
  context.textAlign = align;
  context.fillStyle = css(colour);
  context.fillText(text, x, y);
}

const short = (x) => (Number.isFinite(x) && x !== 0 ? plain(Number(x.toPrecision(2))) : plain(x));
