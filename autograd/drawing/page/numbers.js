// Numbers as text, and text as numbers.
const $ = (id) => document.getElementById(id);
const esc = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const isArray = (x) => ArrayBuffer.isView(x);
const isBad = (x) => (isArray(x) ? x.some((entry) => !Number.isFinite(entry)) : x !== undefined && x !== null && !Number.isFinite(x));

// Four significant digits, as Python's %.4g, with a real minus.
function plain(x) {
  if (x === undefined || x === null) return "–";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  const digits = Number(x.toPrecision(4)), exponent = Math.floor(Math.log10(Math.abs(digits)));
  const whole = Number.isInteger(x) && Math.abs(x) < 1e6;
  const text = whole ? String(x) : exponent < -4 || exponent >= 6 ? x.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e") : String(digits);
  return text.replace(/-/g, "−");
}
const num = (x) => (isBad(x) ? `<b class="bad">${plain(x)}</b>` : plain(x));
const bracketed = (x) => (x < 0 || Object.is(x, -0) ? `(${num(x)})` : num(x));

// What may be typed into a field: a number, inf or nan. Anything else is null.
function parsed(text) {
  const t = text.trim().replace(/−/g, "-").replace(",", ".").toLowerCase();
  if (/^[+-]?inf(inity)?$/.test(t)) return t[0] === "-" ? -Infinity : Infinity;
  if (t === "nan") return NaN;
  return t !== "" && Number.isFinite(Number(t)) ? Number(t) : null;
}
