// Numbers as text, and text as numbers.
const $ = (id) => document.getElementById(id);
const esc = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const isArray = (x) => ArrayBuffer.isView(x);
const isBad = (x) => (isArray(x) ? x.some((entry) => !Number.isFinite(entry)) : x !== undefined && x !== null && !Number.isFinite(x));

// Four significant digits, as Python's %.4g, with a real minus.
function plain(x, size = 4) {
  if (x === undefined || x === null) return "–";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  const digits = Number(x.toPrecision(size)), exponent = Math.floor(Math.log10(Math.abs(digits)));
  const whole = Number.isInteger(x) && Math.abs(x) < 1e6;
  const text = whole ? String(x) : exponent < -4 || exponent >= 6 ? x.toExponential(size - 1).replace(/\.?0+e/, "e").replace("e+", "e") : String(digits);
  return text.replace(/-/g, "−");
}
const num = (x, size) => (isBad(x) ? `<b class="bad">${plain(x)}</b>` : plain(x, size));
const bracketed = (x, size) => (x < 0 || Object.is(x, -0) ? `(${num(x, size)})` : num(x, size));

// How many digits two numbers need so that their difference has four.
function digitsApart(a, b) {
  const apart = Math.abs(a - b);
  if (!apart || !Number.isFinite(apart)) return 4;
  return Math.min(15, 4 + Math.max(0, Math.ceil(Math.log10(Math.max(Math.abs(a), Math.abs(b)) / apart))));
}

// What may be typed into a field: a number, inf or nan. Anything else is null.
function parsed(text) {
  const t = text.trim().replace(/−/g, "-").replace(",", ".").toLowerCase();
  if (/^[+-]?inf(inity)?$/.test(t)) return t[0] === "-" ? -Infinity : Infinity;
  if (t === "nan") return NaN;
  return t !== "" && Number.isFinite(Number(t)) ? Number(t) : null;
}
