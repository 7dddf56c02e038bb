// Colours on canvases, with the meanings that they have in figures of nn.plot: orange is negative and blue positive; classes are
// orange, blue, green, purple, yellow and grey.
const STEPS = 256;
const NAMES = "page card ink muted line edge red rust minus plus green purple yellow".split(" ");
let ink = {}, ramp = null, pale = null; // colours by name; from −1 to 1 as the dots of a picture, and paler, under points

const rgb = (text) => {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = text;
  return [1, 3, 5].map((i) => parseInt(context.fillStyle.slice(i, i + 2), 16));
};
const mix = (a, b, share) => a.map((x, i) => Math.round(x + (b[i] - x) * share));
const css = (colour, alpha = 1) => `rgb(${colour.join(" ")} / ${alpha})`;
const pixel = ([r, g, b]) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) ink[name] = rgb(style.getPropertyValue(`--${name}`).trim());
  [ramp, pale] = [0.85, 0.45].map((most) => Uint32Array.from({ length: STEPS }, (_, i) => pixel(signed((2 * i) / (STEPS - 1) - 1, most))));
}

// x is from −1 to 1; what lies outside counts as the end, and nan is red.
const place = (x) => (x <= -1 ? 0 : x >= 1 ? STEPS - 1 : Math.round(((x + 1) / 2) * (STEPS - 1)));
const sided = (x) => (x < 0 ? ink.minus : ink.plus);
const signed = (x, most = 0.85) => (Number.isNaN(x) ? ink.red : mix(ink.page, sided(x), Math.min(1, Math.abs(x)) ** 0.8 * most));
const dot = (colours, x) => (x !== x ? pixel(ink.red) : colours[place(x)]);
const classColour = (c) => [ink.minus, ink.plus, ink.green, ink.purple, ink.yellow, ink.muted][c % 6];
