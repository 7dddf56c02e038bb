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

function walkOn() {
  showTab("code");
  walk ??= walkedStep();
  const { value, done } = walk.next();
  for (const line of lineElements) line?.classList.remove("now");
  if (done) {
    walk = null;
    $("walked").textContent = `The step is done. Its loss was ${plain(value)}.`;
    changed();
    return;
  }
  const [first, last, written] = value;
  for (let i = first; i <= last; i++) lineElements[i]?.classList.add("now");
  const line = lineElements[first];
  if (line) $("code").scrollTop = line.offsetTop - $("code").clientHeight / 3;
  $("walked").textContent = Object.entries(written).map(([name, x]) => `${name}${described(x)}`).join("; ");
}

function described(x) {
  if (!isArray(x)) return ` = ${plain(x)}`;
  if (x.length <= 4) return ` = ${Array.from(x, (y) => plain(y)).join(", ")}`;
  return `: ${x.length.toLocaleString("en")} numbers from ${plain(Math.min(...x))} to ${plain(Math.max(...x))}`;
}

// What else is asked for first finishes the step that is walked through.
function finishWalk() {
  if (!walk) return;
  while (!walk.next().done);
  walk = null;
  for (const line of lineElements) line?.classList.remove("now");
  $("walked").textContent = "The step that was begun is done.";
}
