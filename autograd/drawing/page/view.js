// The part of the graph that the window shows.
const view = { x: 0, y: 0, scale: 1, isMoved: false };

function look() {
  $("world").style.transform = `translate(${view.x}px,${view.y}px) scale(${view.scale})`;
  mount();
}
function fit() {
  const r = $("canvas").getBoundingClientRect(), { w, h } = layout.box;
  view.scale = scaleFor(layout.box);
  view.x = (r.width - w * view.scale) / 2;
  view.y = (r.height - h * view.scale) / 2;
  view.isMoved = false;
  look();
}
// Lays out again, if another window asks for another number of lines.
function relay() {
  const { lines } = layout, now = laidOut();
  if (now.lines === lines || $("world").contains(document.activeElement)) return; // a keyboard that opens takes nothing away
  layout = now;
  draw();
  paint();
}
function zoom(factor, x, y) {
  const r = $("canvas").getBoundingClientRect(), scale = Math.max(0.002, Math.min(3, view.scale * factor));
  x ??= r.width / 2;
  y ??= r.height / 2;
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  Object.assign(view, { scale, isMoved: true });
  look();
}
function move(x, y) {
  view.x += x;
  view.y += y;
  view.isMoved = true;
  look();
}

// Brings what a step is about into the window, near enough to be read.
function follow() {
  const count = shown.steps.length, { step } = state, { unitOf } = shown;
  if (step === 0 || step === shown.last) {
    if (view.isFollowing) fit();
    view.isFollowing = false;
  } else if (step <= count) {
    const { unit } = shown.steps[step - 1];
    approach(unit, [...unit.into]);
  } else if (step === count + 1) approach(unitOf.get(root));
  else {
    const { group, parts } = walked.steps[step - count - 2];
    approach(group.unit, parts.map((part) => unitOf.get(part.x)));
  }
}

// Shows a unit, and with it as much as there is room for.
function approach(unit, others = []) {
  const r = $("canvas").getBoundingClientRect(), edge = Math.min(60, r.width / 12), room = { w: r.width - 2 * edge, h: r.height - 2 * edge };
  const around = (units) => {
    const places = units.map((other) => layout.places.get(other.key)), x = Math.min(...places.map((p) => p.x)), y = Math.min(...places.map((p) => p.y));
    return { x, y, w: Math.max(...places.map((p) => p.x + p.w)) - x, h: Math.max(...places.map((p) => p.y + p.h)) - y };
  };
  const share = (p) => Math.min(room.w / p.w, room.h / p.h), least = Math.max(READABLE, view.scale), all = around([unit, ...others]);
  const p = share(all) >= least ? all : around([unit]);
  if (view.scale < READABLE) {
    Object.assign(view, { isFollowing: true, scale: Math.max(READABLE, Math.min(1, share(p))) });
    view.x = r.width / 2 - (p.x + p.w / 2) * view.scale;
    view.y = r.height / 2 - (p.y + p.h / 2) * view.scale;
  } else {
    const into = (at, size, whole) => (at < edge ? edge - at : at + size > whole - edge ? Math.max(edge - at, whole - edge - at - size) : 0);
    view.x += into(p.x * view.scale + view.x, p.w * view.scale, r.width);
    view.y += into(p.y * view.scale + view.y, p.h * view.scale, r.height);
  }
  look();
}

function listenToPointers() {
  const canvas = $("canvas"), pointers = new Map();
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const r = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * 0.0016), event.clientX - r.left, event.clientY - r.top);
  }, { passive: false });
  let moved = 0; // pixels, since the button was pressed
  addEventListener("pointerdown", () => { moved = 0; }, true);
  canvas.addEventListener("click", (event) => { if (moved > 4 && event.detail) event.stopPropagation(); }, true); // a drag is no click
  canvas.addEventListener("pointerdown", (event) => { if (!event.target.closest("button,input")) pointers.set(event.pointerId, event); });
  addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    if (pointers.size === 2) {
      const other = [...pointers.values()].find((p) => p.pointerId !== event.pointerId), r = canvas.getBoundingClientRect();
      const distance = (p) => Math.max(1, Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY));
      zoom(distance(event) / distance(before), (event.clientX + other.clientX) / 2 - r.left, (event.clientY + other.clientY) / 2 - r.top);
    } else {
      canvas.classList.add("dragged");
      moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
      move(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (event) => { pointers.delete(event.pointerId); canvas.classList.remove("dragged"); });
  $("smaller").onclick = () => zoom(1 / 1.3);
  $("whole").onclick = fit;
  $("larger").onclick = () => zoom(1.3);
  new ResizeObserver(() => {
    if (view.isMoved || view.isFollowing) return;
    if (shown.units.size <= ALL) relay();
    fit();
  }).observe(canvas);
}
