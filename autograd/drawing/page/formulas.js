// Formulas: the LaTeX of the table's entries as MathML.
const SIGNS = {
  cdot: "·", leq: "≤", geq: "≥", neq: "≠", le: "≤", ge: "≥", lt: "<", gt: ">", sum: "∑", prod: "∏", top: "⊤", star: "⋆", sigma: "σ", mu: "μ",
  infty: "∞", lfloor: "⌊", rfloor: "⌋", lceil: "⌈", rceil: "⌉", ldots: "…", wedge: "^", sim: "~", backslash: "\\", times: "×", partial: "∂",
};
const FUNCTIONS = new Set(["ln", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "max", "min", "det", "arcsin", "arccos", "arctan", "exp"]);
const SPACE = '<mspace width="0.25em"></mspace>';
const BREAKS = new Set(["+", "−", "=", "·"]);

// `leaf(kind, i, place)` typesets an input (kind "x"), the result ("y") or its gradient ("g"); `place.first` says whether it stands
// first in its brackets, and `place.power` is the exponent after it, if there is one.
function atoms(latex, leaf) {
  const tokens = latex.match(/\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|./gu)?.filter((t) => t.trim()) ?? [];
  let at = 0;
  const raw = () => { // the text between braces
    let text = "", depth = 0;
    do {
      const t = tokens[at++];
      if (t === undefined) break;
      if (t === "{") { depth++; continue; }
      if (t === "}") { depth--; continue; }
      text += t[0] === "\\" ? SIGNS[t.slice(1)] ?? (t[1] === " " ? " " : t.slice(1)) : t;
    } while (depth > 0);
    return text;
  };
  const group = () => {
    if (tokens[at] !== "{") return row([one([])]);
    at++;
    const inside = list("}");
    at++;
    return row(inside);
  };
  const row = (parts) => (parts.length === 1 ? parts[0].math : `<mrow>${parts.map((p) => p.math).join("")}</mrow>`);
  function list(...ends) {
    const parts = [];
    while (at < tokens.length && !ends.includes(tokens[at])) {
      const t = tokens[at];
      if (t === "^" || t === "_") {
        at++;
        const base = parts.pop() ?? { math: "<mi></mi>" }, script = group();
        parts.push({ math: base.power ? base.power(script) : `<m${t === "^" ? "sup" : "sub"}>${base.math}${script}</m${t === "^" ? "sup" : "sub"}>` });
      } else parts.push(one(parts));
    }
    return parts;
  }
  const sign = (text, before) => ({ math: `<mo${before.length ? ' form="infix"' : ' form="prefix"'}>${esc(text)}</mo>`, sign: text });
  function one(before) {
    const t = tokens[at++];
    if (t === "{") { at--; return { math: group() }; }
    if (t === "-") return sign("−", before);
    if (t === "+" || t === "=") return sign(t, before);
    if (/^\d/.test(t)) return { math: `<mn>${t}</mn>` };
    if (t[0] !== "\\") return { math: /\p{L}/u.test(t) ? `<mi>${t}</mi>` : `<mo>${esc(t)}</mo>` };
    const name = t.slice(1);
    if (name === "x" || name === "y" || name === "g") {
      const i = Number(raw() || 0), place = { first: before.length === 0 };
      return { math: leaf(name, i, place), power: (power) => leaf(name, i, { ...place, power }) };
    }
    if (name === "frac") return { math: `<mfrac>${group()}${group()}</mfrac>` };
    if (name === "sqrt") {
      if (tokens[at] !== "[") return { math: `<msqrt>${group()}</msqrt>` };
      at++;
      const degree = row(list("]"));
      at++;
      return { math: `<mroot>${group()}${degree}</mroot>` };
    }
    if (name === "operatorname") return { math: `<mi>${esc(raw())}</mi>${tokens[at] === "(" ? "<mo>&#8289;</mo>" : SPACE}` };
    if (name === "mathrm") return { math: `<mi mathvariant="normal">${esc(raw())}</mi>` };
    if (name === "text") return { math: `<mtext>${esc(raw()).replace("if", "if ")}</mtext>` };
    if (name === "left") {
      const opening = delimiter(), inside = list("\\right");
      at++;
      return { math: `<mrow>${fence(opening, "prefix")}${inside.map((p) => p.math).join("")}${fence(delimiter(), "postfix")}</mrow>` };
    }
    if (name === "begin") {
      raw();
      const rows = [[]];
      for (;;) {
        rows.at(-1).push(`<mtd>${row(list("&", "\\\\", "\\end"))}</mtd>`);
        const end = tokens[at++];
        if (end === "\\\\") rows.push([]);
        if (end === "\\end" || end === undefined) break;
      }
      raw();
      return { math: `<mrow>${fence("{", "prefix")}<mtable columnalign="left">${rows.map((r) => `<mtr>${r.join("")}</mtr>`).join("")}</mtable></mrow>` };
    }
    if (FUNCTIONS.has(name)) return { math: `<mi>${name}</mi><mo>&#8289;</mo>` };
    if (name === "," || name === ";" || name === " ") return { math: SPACE };
    return { math: `<mo>${esc(SIGNS[name] ?? name)}</mo>`, sign: SIGNS[name] };
  }
  const delimiter = () => { const t = tokens[at++]; return t[0] === "\\" ? SIGNS[t.slice(1)] ?? t.slice(1) : t; };
  const fence = (t, form) => `<mo stretchy="true" form="${form}">${esc(t)}</mo>`;
  const parts = [];
  while (at < tokens.length) parts.push(...list());
  return parts;
}

// A formula that may continue on the next line before a +, −, = or ·; `before` and `after` stand on the same lines as its ends.
function math(latex, leaf, before = "", after = "") {
  const lines = [[before]];
  atoms(latex, leaf).forEach((part, i) => {
    if (i && BREAKS.has(part.sign)) lines.push([]);
    lines.at(-1).push(part.math);
  });
  lines.at(-1).push(after);
  return lines.map(inMath).join("<wbr>");
}
const inOneLine = (latex, leaf) => inMath(atoms(latex, leaf).map((part) => part.math));
const inMath = (parts) => `<math>${[parts].flat().join("")}</math>`;

// A name: a letter with its number as an index, x₁; anything else as upright text.
function symbol(name) {
  const product = name.split("·");
  if (product.length === 2) return `<mrow>${symbol(product[0])}<mo>·</mo>${symbol(product[1])}</mrow>`;
  const indexed = /^(\p{L})_?(\d*)$/u.exec(name);
  if (!indexed) return `<mi mathvariant="normal">${esc(name)}</mi>`;
  return indexed[2] ? `<msub><mi>${indexed[1]}</mi><mn>${indexed[2]}</mn></msub>` : `<mi>${indexed[1]}</mi>`;
}
const spoken = (text) => `<span class="spoken">${esc(text)}</span>`; // for screen readers that do not read formulas
const nameHTML = (name) => inMath(symbol(name));
const numberMath = (x, place = {}) => {
  const text = `<mn${isBad(x) ? ' class="bad"' : ""}>${plain(x)}</mn>`;
  const negative = x < 0 || Object.is(x, -0), alone = place.first && !place.power;
  const base = negative && !alone ? `<mrow><mo>(</mo>${text}<mo>)</mo></mrow>` : text;
  return place.power ? `<msup>${base}${place.power}</msup>` : base;
};
