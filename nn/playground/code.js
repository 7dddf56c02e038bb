// The program that runs, and a walk through it.
const codeLines = $("step-program").textContent.split("\n").slice(1, -2); // without what makes functions of it
const shownFunctions = () => new Set(["forward", "backward", choices.optimizer]);
let walk = null, lineElements = [];

function showCode() {
  const shown = shownFunctions();
  let isShown = true;
  lineElements = codeLines.map((text) => {
    const starts = /^function (\w+)\(/.exec(text);
    if (starts) isShown = shown.has(starts[1]) || !(starts[1] in STEP);
    if (!isShown) return null;
    const line = document.createElement("span");
    line.textContent = `${text}\n`;
    if (text.trim().startsWith("//")) line.className = "comment";
    return line;
  });
  $("code").replaceChildren(...lineElements.filter(Boolean));
}

const WALK_GOES_ON = "Walk goes on to the next part; Step and Play end the walk.";
const WAYS = { forward: "Forward", backward: "Backward" };

function walkOn() {
  showTab("code");
  if (!walk) parts = 0;
  walk ??= walkedStep();
  const { value, done } = walk.next();
  for (const line of lineElements) line?.classList.remove("now");
  if (done) {
    endWalk(`The step is done. Its loss was ${plain(value)}.`);
    changed();
    return;
  }
  const [first, last, written] = value, line = lineElements[first], name = functionAt(first), names = titleAt(first);
  const ofGradients = columnsOfGradients(Object.keys(written)), columns = ofGradients.length ? ofGradients : columnsOf(names);
  for (let i = first; i <= last; i++) lineElements[i]?.classList.add("now");
  if (line) $("code").scrollTop = line.offsetTop - $("code").clientHeight / 3;
  const all = [...shownFunctions()].reduce((sum, name) => sum + WALK[name].toString().match(/yield \[/g).length, 0);
  lit = { columns, isBack: name === "backward" };
  const where = columns.length ? columns.map((column) => columnNames()[column]).join(" and ") : names.map((name) => name.replace(/^\d+$/, "module $&")).join(", ");
  const numbers = Object.entries(written).map(([name, x]) => `${name}${described(x, name, first)}`).join("; ");
  $("walked").textContent = `${WAYS[name] ?? "Update"}, part ${++parts} of ${all}${where ? `, ${where}` : ""}: ${numbers}. ${WALK_GOES_ON}`;
  bringIntoView($("code"), "end");
  invalidate();
}
let parts = 0; // that were walked through in this step

function endWalk(text) {
  walk = lit = null;
  for (const line of lineElements) line?.classList.remove("now");
  $("walked").textContent = text;
  invalidate();
}

// What is last said of a form in the function that a line of the program is in, up to this line; its name; the modules that a comment names.
const above = (line, form) => {
  const lines = codeLines.slice(0, line + 1), start = lines.findLastIndex((text) => text.startsWith("function "));
  return lines.slice(start).map((text) => form.exec(text)?.[1]).findLast(Boolean);
};
const functionAt = (line) => above(line, /^function (\w+)\(/);
const titleAt = (line) => above(line, /^ {4}\/\/ (.*)/)?.split(", ") ?? [];

// The columns of units whose weights are in modules of these names.
function columnsOf(names) {
  return spec.columns.map((column, c) => [column.edges.flat().map(([, , at]) => at).find((at) => at >= 0), c + 1])
    .filter(([at]) => at !== undefined && names.some((name) => nameOfWeight(at).startsWith(`${name}.`))).map(([, c]) => c);
}

// The columns whose gradients are among the variables that a part wrote.
function columnsOfGradients(written) {
  const names = /^function forward\(([^)]*)/m.exec(codeLines.join("\n"))[1].split(",").map((name) => name.trim()).slice(1);
  const ranges = spec.step.filter((_, i) => written.includes(`d_${names[i]}`));
  const isIn = (at) => ranges.some(([start, size]) => at >= start && at < start + size);
  return spec.columns.flatMap(({ edges, biases }, c) => ([...biases, ...edges.flat().map(([, , at]) => at)].some(isIn) ? [c + 1] : []));
}

function described(x, name, line) {
  if (!isArray(x)) return ` = ${plain(x)}`;
  if (x.length <= 4) return ` = ${Array.from(x, (y) => plain(y)).join(", ")}`;
  const rows = above(line, new RegExp(`const ${name} = new \\w+\\(((?:\\d+ \\* )?rows_?)\\)`)), each = rows && (parseInt(rows, 10) || 1);
  const count = each ? `${each === 1 ? "a number" : `${each} numbers`} for each of ${x.length / each} points,` : `${x.length.toLocaleString("en")} numbers`;
  return `: ${count} from ${plain(Math.min(...x))} to ${plain(Math.max(...x))}`;
}

// What else is asked for first finishes the step that is walked through.
function finishWalk() {
  if (!walk) {
    $("walked").textContent = WALK_HINT;
    return;
  }
  while (!walk.next().done);
  endWalk("The step that was begun is done.");
}
