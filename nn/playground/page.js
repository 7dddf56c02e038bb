// The loop of frames, what changes, and what a teacher's own script can call.
// Milliseconds of steps in a frame. While it plays, each part of the page is drawn in some of the frames, and the weight, which
// costs as much as ten steps, in a few.
const FAST = 12, TURNS = 4, WEIGHT_EVERY = 15;
let isStale = true, drawn = 0, lastStep = 0;

const WALK_HINT = $("walked").textContent;
const invalidate = () => { isStale = true; };

// After steps, or numbers that came from elsewhere.
function changed() {
  measure();
  diagnose();
  invalidate();
}

function dataChanged() {
  finishWalk();
  loadData();
  order = [];
  makeGrid();
  scale = hasClasses ? null : scaleOfNumbers();
  ringed = 0;
  isPicked = false;
  startDiagnosis();
  const { steps, epoch, marks } = training;
  if (epoch - marks.at(-1) < 0.03 * epoch) marks.pop(); // of the same stroke or slide
  if (steps) marks.push(epoch);
  showChoices();
  changed();
}

function reset() {
  pause();
  endWalk(WALK_HINT);
  restart();
  showCode();
  startDiagnosis();
  showChoices();
  invalidate();
}

function play() {
  finishWalk();
  training.isPlaying = true;
  $("play").textContent = "Pause";
}

function pause() {
  training.isPlaying = false;
  $("play").textContent = "Play";
  invalidate();
}

function run(now) {
  if (choices.speed === "slow" && now - lastStep < 250) return false;
  lastStep = now;
  const until = performance.now() + FAST;
  do step(); while (choices.speed === "fast" && performance.now() < until);
  return true;
}

function frame(now) {
  if (training.isPlaying && run(now)) changed();
  if (isStale) draw();
  requestAnimationFrame(frame);
}

function draw() {
  const isWhole = !training.isPlaying || choices.speed === "slow", turn = drawn++ % TURNS;
  const isTurn = (...turns) => isWhole || turns.includes(turn);
  isStale = false;
  if (isTurn(0, 2)) {
    ask();
    paintUnits();
    drawPlane();
  }
  if (isTurn(1, 3)) drawNet();
  if (isTurn(1)) showNumbers();
  if (isTurn(3)) {
    drawLosses();
    drawGradients();
  }
  if (isWhole || drawn % WEIGHT_EVERY === 0) drawWeight();
}

function showNumbers() {
  $("n-epoch").textContent = Number(training.epoch.toFixed(1)).toLocaleString("en");
  $("n-loss").innerHTML = shown(training.loss);
  $("n-held").innerHTML = data.held.n ? shown(training.held) : "–";
  if (!hasClasses) return;
  const right = rightOf(data.held.n ? data.held : data.train);
  $("n-right").textContent = `${Math.floor(100 * right)} %`;
  document.querySelector("#right-box dt").textContent = data.held.n ? "Held-out right" : "Right";
}
const shown = (x) => (Number.isFinite(x) ? plain(Number(x.toPrecision(3))) : `<b class="bad">${plain(x)}</b>`);

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  readColours();
  if (data) { showLegend(); drawSets(); invalidate(); }
}

function start() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  setTheme(dark.matches ? "dark" : "light");
  dark.onchange = () => setTheme(dark.matches ? "dark" : "light");
  $("title").textContent = spec.title;
  $("subtitle").textContent = `${spec.loss}, ${(p.length - frozen.size).toLocaleString("en")} parameters`;
  $("right-box").hidden = !hasClasses;
  makeControls();
  const isTaken = takeState();
  if (!isTaken) { loadData(); restart(); }
  makeGrid();
  scale = hasClasses ? null : scaleOfNumbers();
  showChoices();
  showCode();
  startDiagnosis();
  listen();
  changed();
  draw();
  requestAnimationFrame(frame);
}

// For teachers who embed the page. `step` makes a step, and gives its loss from before the update. `read` gives the loss of all
// training points now, the parameters with the gradients of the last step, and which rows of the data were trained on.
window.glassgrad = {
  step() {
    finishWalk();
    const loss = step();
    changed();
    return loss;
  },
  read() {
    const nested = ([n, ...rest], numbers) => {
      if (n === undefined) return numbers[0];
      const size = numbers.length / n;
      return Array.from({ length: n }, (_, i) => nested(rest, numbers.slice(i * size, (i + 1) * size)));
    };
    return {
      loss: lossOf(data.train), heldOutLoss: data.held.n ? lossOf(data.held) : null, steps: training.steps, epoch: training.epoch,
      training: [...data.train.rows], batch: training.batch ? [...training.batch.rows] : null,
      parameters: spec.parameters.map(({ name, shape, at }) => ({
        name, data: nested(shape, at.map((i) => p[i])), grad: frozen.has(at[0]) ? null : nested(shape, at.map((i) => g[i])),
      })),
    };
  },
};
start();
