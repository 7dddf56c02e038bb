// The reader's own points: pasted as CSV, or drawn by clicks.
let pen = 0; // the class of the points that clicks add

const SKIPPED = "A line of names at the top is skipped.";
const targetsInCSV = () => (hasClasses ? "class" : task.width === 1 ? "number" : `${task.width} numbers`);

function openCSV() {
  const names = Array.from({ length: inputs }, (_, i) => `x${i + 1}`), classes = `The classes are ${task.classes.join(", ")}. `;
  $("csv-form").textContent = `One point a line: ${names.join(", ")}, ${targetsInCSV()}. ${hasClasses ? classes : ""}${SKIPPED}`;
  const rows = [...data.train.rows, ...data.held.rows].sort((a, b) => a - b);
  const numbers = rows.map((row) => [...data.X[row], ...(hasClasses ? [task.classes[data.y[row]]] : data.y[row])]);
  $("csv-text").value = numbers.map((xs) => xs.map((x) => Number(x.toPrecision(6))).join(", ")).join("\n");
  $("csv-says").textContent = "";
  $("csv").showModal();
  $("csv-text").select(); // so that what is pasted takes its place
}

// The number of a class. Of two classes, the first may be called 0 or −1.
const classNamed = (x) => (task.kind === "side" && (x === 0 || x === -1) ? 0 : task.classes.indexOf(x));

// The points of a text, or an error that says which line is wrong.
function readCSV(text) {
  const X = [], y = [], width = inputs + (hasClasses ? 1 : task.width);
  text.split(/\r?\n/).forEach((line, i) => {
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim());
    if (cells.length === 1 && !cells[0]) return;
    const numbers = cells.map((cell) => (cell === "" ? NaN : Number(cell)));
    if (!X.length && i === 0 && numbers.some(Number.isNaN) && cells.length === width) return; // names
    const target = numbers.slice(inputs), c = classNamed(target[0]);
    const isRow = cells.length === width && numbers.every(Number.isFinite);
    if (!isRow) throw new Error(`Line ${i + 1} is not ${width} numbers: ${line.slice(0, 40)}`);
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

function addPoint(x, y) {
  if (choices.set !== "yours" || own.X.length >= LARGEST) return;
  own = { X: [...own.X, [x, y]], y: [...own.y, hasClasses ? pen : [pen]], order: [...own.order, own.X.length] };
  useOwn();
}

function fillPens() {
  const kinds = hasClasses ? task.classes : [-1, 1];
  $("pens").replaceChildren(...kinds.map((name, i) => {
    const button = document.createElement("button");
    button.textContent = plain(name);
    button.setAttribute("aria-pressed", i === 0);
    button.onclick = () => {
      pen = hasClasses ? i : name;
      for (const other of $("pens").children) other.setAttribute("aria-pressed", other === button);
    };
    return button;
  }));
  pen = hasClasses ? 0 : -1;
}
