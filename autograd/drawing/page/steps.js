// What a step says: its formula, and the formula with the numbers in it.
const WIDE = 4; // inputs that are shown at once; of more, each opens
let pictures = []; // arrays that stand in formulas as heat maps, until they are painted

const byNumber = (node, g) => (kind, i, place) => {
  if (kind === "g") return raised(matrixMath(g, node.shape), place);
  const x = kind === "y" ? node.id : node.in[i];
  if (typeof x === "string") return numberMath(Number(x), place);
  if (!isArray(run.data[x])) return numberMath(run.data[x], place);
  return raised(matrixMath(run.data[x], nodes[x].shape), place);
};
const raised = (math, place) => (place.power ? `<msup>${math}${place.power}</msup>` : math);
// The result of an operation, in its own rule: as its formula if that is short, tanh² a; else as its name.
const byRule = (node) => (kind, i, place) => {
  if (kind === "g") {
    const total = fraction(nodes[root].short, node.short, "total");
    return place.power ? raised(`<mrow><mo stretchy="true">(</mo>${total}<mo stretchy="true">)</mo></mrow>`, place) : total;
  }
  if (kind === "x" || node.in.length > 1) return byName(node)(kind, i, place);
  const called = /^\\(?:operatorname\{(.+)\}|([a-z]+))\(\\x\{0\}\)$/.exec(node.op.formula);
  if (called) {
    const name = `<mi>${esc(called[1] ?? SIGNS[called[2]] ?? called[2])}</mi>`, inside = byName(node)("x", 0, {});
    const argument = called[2] in SIGNS || /mrow|normal/.test(inside) ? `<mrow><mo>(</mo>${inside}<mo>)</mo></mrow>` : inside;
    return `<mrow>${place.power ? `<msup>${name}${place.power}</msup>` : name}<mo>&#8289;</mo>${argument}</mrow>`;
  }
  const formula = `<mrow>${atoms(node.op.formula, byName(node)).map((p) => p.math).join("")}</mrow>`;
  if (node.op.formula.length > 24) return byName(node)("y", 0, place);
  return place.power ? raised(`<mrow><mo>(</mo>${formula}<mo>)</mo></mrow>`, place) : formula;
};

function matrixMath(x, shape) {
  if (!isArray(x)) return numberMath(x, { first: true });
  const [rows, columns] = rowsOf(shape);
  if (x.length <= SMALL && columns <= 4) {
    const cells = (i) => Array.from({ length: columns }, (_, j) => `<mtd>${`<mn${isBad(x[i * columns + j]) ? ' class="bad"' : ""}>${plain(round(x[i * columns + j]))}</mn>`}</mtd>`).join("");
    return `<mtable class="brackets">${Array.from({ length: rows }, (_, i) => `<mtr>${cells(i)}</mtr>`).join("")}</mtable>`;
  }
  pictures.push({ x, shape });
  return `<mtext><span class="picture" role="img" aria-label="${WORDS.shape(shape)}"><span class="heat" data-picture="${pictures.length - 1}"></span><small>${shapeText(shape)}</small></span></mtext>`;
}
function paintPictures(box) {
  for (const e of box.querySelectorAll("[data-picture]")) {
    const { x, shape } = pictures[e.dataset.picture];
    fillArray(e, x, shape, 96, 64);
  }
}

function fraction(a, b, kind) {
  const d = kind === "total" ? '<mi mathvariant="normal">d</mi>' : "<mo>∂</mo>";
  return `<mfrac displaystyle="true" class="${kind}" aria-label="${esc(kind === "total" ? WORDS.total(a, b) : WORDS.local(a, b))}"><mrow>${d}${symbol(a)}</mrow><mrow>${d}${symbol(b)}</mrow></mfrac>`;
}
const equals = (html) => `${inMath("<mo>=</mo>")} ${html}`;
const textOf = (html) => html.replace(/<[^>]*>|&#8289;|\s/g, "");

function stepWords() {
  pictures = [];
  const count = shown.steps.length, { step } = state, L = nodes[root].short;
  if (step === 0) return { kicker: WORDS.start, title: WORDS.startTitle, body: `<p>${WORDS.startText}</p>` };
  if (step <= count) return { kicker: WORDS.forward(step, count), className: "forward", ...forwardWords(shown.steps[step - 1]) };
  if (step === count + 1) {
    const body = `<div class="chain">${inMath(`${fraction(L, L, "total")}<mo>=</mo><mn>1</mn>`)}</div><p>${esc(WORDS.seed(nodes[root].name))}</p>`;
    return { kicker: WORDS.seedCount, className: "backward", title: WORDS.seedTitle, body };
  }
  return { kicker: WORDS.backward(step - count - 1, count), className: "backward", ...backwardWords(walked.steps[step - count - 2]) };
}

function forwardWords({ unit, members }) {
  if (!unit.node) {
    const { title } = graph.parts[unit.part], list = unit.results.filter((i) => members.includes(i));
    const lines = list.slice(0, MANY).map((i) => `<div>${nameHTML(nodes[i].short)} ${equals(inMath(matrixMath(run.data[i], nodes[i].shape)))}</div>`);
    const more = list.length > MANY ? `<p>${WORDS.more(list.length - MANY)}</p>` : "";
    return { title: esc(WORDS.computes(title, list.length)), body: `<div class="numbers">${lines.join("")}${more}</div><p>${WORDS.openIt}</p>` };
  }
  const { node } = unit, x = run.data[node.id], result = inMath(matrixMath(x, node.shape));
  const withNumbers = node.op.formula ? math(node.op.formula, byNumber(node)) : "", repeats = textOf(withNumbers) === textOf(result);
  const lines = [withNumbers && !repeats ? equals(withNumbers) : "", equals(`<b>${result}</b>`)].filter(Boolean);
  return { title: `${spoken(WORDS.isComputed(node.name, brief(x)))}${nameHTML(node.short)} ${equals(math(node.op.formula, byName(node)))}`, body: lines.map((line) => `<div class="equation">${line}</div>`).join("") };
}

function backwardWords({ group: { unit }, parts }) {
  if (!unit.node) return foldedWords(unit, parts);
  const { node } = unit, name = node.name, targets = [...new Set(parts.map((p) => nodes[p.x].name))];
  if (!parts.length) return { title: esc(WORDS.passesOn(name)), body: `<p>${esc(WORDS.none(name))}</p>` };
  const title = WORDS.passes(name, targets.length > 3 ? WORDS.inputs(targets.length) : targets.join(targets.length > 2 ? ", " : " and "));
  if (!parts[0].isReached) return { title: esc(title), body: `<p>${esc(WORDS.unreached(name))}</p>` };
  const body = parts.map((part, i) => {
    if (parts.length < WIDE) return `<div class="part">${partWords(part)}</div>`;
    const local = localOf(part), sum = local === undefined ? "" : ` ${num(part.up)} × ${bracketed(local)} =`;
    const added = isArray(part.add) ? shapeText(nodes[part.x].shape) : num(part.add ?? 0);
    return `<details class="part"${i === 0 || part.isWrong ? " open" : ""}><summary>${esc(nodes[part.x].name)}.grad ${sign()}${sum} <b class="total">${added}</b></summary>${partWords(part)}</details>`;
  });
  return { title: esc(title), body: body.join("") };
}
const sign = () => (state.wrong === "assign" ? "=" : "+=");

// What one input gets: upstream × local, the local rule, and what stood in .grad before.
function partWords(part) {
  const node = nodes[part.node], x = nodes[part.x], L = nodes[root].short, factor = localOf(part), lines = [];
  const rule = node.op.rules[part.slot], total = fraction(L, x.short, "total"), up = fraction(L, node.short, "total");
  if (factor !== undefined) {
    const local = fraction(node.short, x.short, "local"), cell = (math, className = "") => `<mtd class="${className}">${math}</mtd>`;
    const number = (x) => (x < 0 ? `<mrow><mo>(</mo>${numberMath(x, { first: true })}<mo>)</mo></mrow>` : numberMath(x, { first: true }));
    lines.push(`<div class="chain">${inMath(`<mtable><mtr>${cell(total)}${cell(`<mo>${sign()}</mo>`)}${cell(up)}${cell("<mo>×</mo>")}${cell(local)}</mtr>
      <mtr>${cell(numberMath(part.add ?? 0, { first: true }), "total")}${cell("<mo>=</mo>")}${cell(number(part.up), "total")}${cell("<mo>×</mo>")}${cell(number(factor), "local")}</mtr></mtable>`)}</div>`);
    const forms = rule ? [math(rule, byRule(node)), math(rule, byNumber(node)), inMath(numberMath(factor, { first: true }))] : [inMath(numberMath(factor, { first: true }))];
    const distinct = forms.filter((form, i) => i === 0 || textOf(form) !== textOf(forms[i - 1]));
    const bracket = node.in.length > 1 ? ["<mo>(</mo>", "<mo>)</mo>"] : ["", ""];
    const of = math(node.op.formula, byName(node), `<mfrac displaystyle="true" class="local"><mo>∂</mo><mrow><mo>∂</mo>${symbol(x.short)}</mrow></mfrac>${bracket[0]}`, bracket[1]);
    lines.push(`<div class="rule">${of} ${distinct.map(equals).join(" ")}</div>`);
  } else {
    const hasRule = rule && part.add !== null;
    lines.push(`<div class="chain">${inMath(`${total}<mo>${sign()}</mo>`)} ${hasRule ? math(rule, byRule(node)) : inMath(`${up}<mo>·</mo>${fraction(node.short, x.short, "local")}`)}</div>`);
    const withNumbers = hasRule ? math(rule, byNumber(node, part.up)) : "", result = part.add === null ? "" : inMath(matrixMath(part.add, x.shape));
    if (withNumbers && textOf(withNumbers) !== textOf(result)) lines.push(`<div class="equation">${equals(withNumbers)}</div>`);
    if (result) lines.push(`<div class="equation">${equals(result)}</div>`);
  }
  if (part.add === null) lines.push(`<p>${WORDS.nothing}</p>`);
  else {
    const before = part.before ?? zeros(x), isZero = isArray(before) && before.every((v) => v === 0);
    const sum = state.wrong === "assign" ? "" : isArray(before) ? (isZero ? " 0 +" : ` ${inMath(matrixMath(before, x.shape))} +`) : ` ${num(before)} +`;
    const added = isArray(part.add) ? inMath(matrixMath(part.add, x.shape)) : state.wrong === "assign" ? num(part.add) : bracketed(part.add);
    const after = isArray(part.after) ? (isZero || state.wrong === "assign" ? "" : ` = ${inMath(matrixMath(part.after, x.shape))}`) : state.wrong === "assign" ? "" : ` = <b class="total">${num(part.after)}</b>`;
    lines.push(`<div class="sum">${esc(x.name)}.grad =${sum} ${added}${after}</div>`);
  }
  if (part.isWrong) lines.push(`<div class="alert">✗ ${esc(WORDS.firstWrong(x.name, brief(part.after), brief(part.should)))}</div>`);
  return lines.join("");
}
const brief = (x) => (isArray(x) ? `[${[...x.slice(0, 4)].map((entry) => plain(entry)).join(", ")}${x.length > 4 ? ", …" : ""}]` : plain(x ?? 0));

function foldedWords(unit, parts) {
  const { title } = graph.parts[unit.part], sums = new Map();
  for (const part of parts) if (shown.unitOf.get(part.x) !== unit && part.add !== null) sums.set(part.x, plus(sums.get(part.x), part.add));
  const lines = [...sums].slice(0, MANY).map(([x, add]) => `<div>${esc(nodes[x].name)}.grad += <b class="total">${isArray(add) ? inMath(matrixMath(add, nodes[x].shape)) : num(add)}</b></div>`);
  if (sums.size > MANY) lines.push(`<p>${WORDS.more(sums.size - MANY)}</p>`);
  const wrong = parts.find((part) => part.isWrong);
  if (wrong) lines.push(`<div class="alert">✗ ${esc(WORDS.firstWrongInside(nodes[wrong.x].name, brief(wrong.after), brief(wrong.should)))}</div>`);
  return { title: esc(WORDS.passesOn(title)), body: `<p>${WORDS.whatItAdds}</p><div class="numbers">${lines.join("")}</div>` };
}
