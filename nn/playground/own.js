// The reader's own points: pasted as CSV, or drawn by clicks.
let pen = 0; // the class of the points that clicks add

const SKIPPED = "A first line that is not numbers is read as a heading.";
const inALine = inputs + (hasClasses ? 1 : task.width);
const numbersOf = (line) => line.split(/[,;\t]/).map((cell) => (cell.trim() === "" ? NaN : Number(cell)));
const isHeading = (line) => numbersOf(line).length === inALine && numbersOf(line).some(Number.isNaN);
const targetsInCSV = () => (hasClasses ? "class" : task.width === 1 ? "number" : `${task.width} numbers`);

function openCSV() {
  const names = Array.from({ length: inputs }, (_, i) => `x${i + 1}`), classes = `The classes are ${task.classes.join(", ")}. `;
  $("csv-form").textContent = `One point a line: ${names.join(", ")}, ${targetsInCSV()}. ${hasClasses ? classes : ""}${SKIPPED}`;
  const rows = [...data.train.rows, ...data.held.rows].sort((a, b) => a - b);
  const numbers = rows.map((row) => [...data.X[row], ...(hasClasses ? [task.classes[data.y[row]]] : data.y[row])]);
  $("csv-text").value = numbers.map((xs) => xs.map((x) => Number(x.toPrecision(6))).join(", ")).join("\n");
  lookAtHeading();
  $("csv").showModal();
  $("csv-text").select(); // so that what is pasted takes its place
}

// Says so, before the points are used, where the first line will not be one of them.
function lookAtHeading() {
  const [line] = $("csv-text").value.split(/\r?\n/);
  $("csv-says").className = "calm";
  $("csv-says").textContent = isHeading(line) ? `The first line is read as a heading: ${line.slice(0, 40)}` : "";
}

// The number of a class. Of two classes, the first may be called 0 or −1.
const classNamed = (x) => (task.kind === "side" && (x === 0 || x === -1) ? 0 : task.classes.indexOf(x));

// The points of a text, or an error that says which line is wrong.
function readCSV(text) {
  const X = [], y = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (!line.trim() || (i === 0 && isHeading(line))) return;
    const numbers = numbersOf(line), target = numbers.slice(inputs), c = classNamed(target[0]);
    const isRow = numbers.length === inALine && numbers.every(Number.isFinite);
    if (!isRow) throw new Error(`Line ${i + 1} is not ${inALine} numbers: ${line.slice(0, 40)}`);
    if (hasClasses && c < 0) throw new Error(`Line ${i + 1} has the class ${target[0]}; the classes are ${task.classes.join(", ")}.`);
    X.push(numbers.slice(0, inputs));
    y.push(hasClasses ? c : target);
  });
  if (X.length < 2) throw new Error("These are not two points yet.");
  if (X.length > LARGEST) throw new Error(`These are ${X.length} points; a page has room for ${LARGEST}.`);
  return { X, y, order: generator(1).shuffled(X.length) };
}

function useCSV() {
  try {
    own = readCSV($("csv-text").value);
  } catch (error) {
    $("csv-says").className = "";
    $("csv-says").textContent = error.message;
    return;
  }
  $("csv").close();
  useOwn();
}

function useFirst() {
  own = spec.data;
  $("csv").close();
  useOwn();
}

// Drawing starts from the points on show. Those of a made set take the place of the reader's, which `undraw` brings back.
let kept = spec.data;
function startDrawing() {
  if (choices.set === "yours") return;
  if (!own.isMade) kept = own;
  own = { X: data.X, y: data.y, order: data.order, isMade: true };
}

function undraw() {
  own = own.isMade ? kept : spec.data;
  useOwn();
}

// The points with inputs of mean 0 and standard deviation 1. An input that never changes becomes 0.
function scaleOwn() {
  const { X } = own, mean = (xs) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const columns = Array.from({ length: inputs }, (_, k) => {
    const xs = X.map((row) => row[k]), middle = mean(xs), size = Math.sqrt(mean(xs.map((x) => (x - middle) ** 2))) || 1;
    return xs.map((x) => (x - middle) / size);
  });
  own = { ...own, X: X.map((_, i) => columns.map((xs) => xs[i])) };
  useOwn();
}

function useOwn() {
  choices.set = "yours";
  choices.points = own.X.length;
  dataChanged();
}

// While drawing, a click or a stroke in the plane adds points, some pixels apart.
const APART = 14;
let last = null; // where the stroke added one

function stroke(event) {
  const [x, y] = placeOf(event);
  if (event.type === "pointerdown") $("plane").setPointerCapture(event.pointerId);
  else if (!(event.buttons & 1) || !last || Math.hypot(x - last[0], y - last[1]) < APART) return;
  last = [x, y];
  addPoint(...pointAt(placeOf(event)));
}

const endStroke = () => { last = null; };

function addPoint(x, y) {
  if (choices.set !== "yours" || own.X.length >= LARGEST) return;
  own = { ...own, X: [...own.X, [x, y]], y: [...own.y, hasClasses ? pen : [pen]], order: [...own.order, own.X.length] };
  useOwn();
}

function fillPens() {
  const kinds = hasClasses ? task.classes : [-1, 1];
  $("pens").replaceChildren(...kinds.map((name, i) => {
    const button = document.createElement("button");
    button.append(penMark(i), plain(name));
    button.setAttribute("aria-pressed", i === 0);
    button.onclick = () => {
      pen = hasClasses ? i : name;
      for (const other of $("pens").children) other.setAttribute("aria-pressed", other === button);
    };
    return button;
  }));
  pen = hasClasses ? 0 : -1;
}
