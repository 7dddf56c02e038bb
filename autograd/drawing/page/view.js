// The part of the graph that the window shows.
const view = { x: 0, y: 0, scale: 1, isMoved: false };

function look() {
  $("world").style.transform = `translate(${view.x}px,${view.y}px) scale(${view.scale})`;
  mount();
}
function fit() {
  const r = $("canvas").getBoundingClientRect(), { w, h } = layout.box, edge = r.width < 560 ? 16 : 40;
  view.scale = Math.max(0.002, Math.min((r.width - 2 * edge) / w, (r.height - 2 * edge) / h, 1.3));
  view.x = (r.width - w * view.scale) / 2;
  view.y = (r.height - h * view.scale) / 2;
  view.isMoved = false;
  look();
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
  const count = shown.steps.length, { step } = state;
  const now = step === 0 || step === shown.last ? null : step <= count ? shown.steps[step - 1] : step === count + 1 ? { unit: shown.unitOf.get(root) } : walked.steps[step - count - 2].group;
  if (!now) { if (view.isFollowing) fit(); view.isFollowing = false; return; }
  const p = layout.places.get(now.unit.key), r = $("canvas").getBoundingClientRect();
  if (view.scale < 0.6) {
    view.isFollowing = true;
    view.scale = 0.75;
    view.x = r.width / 2 - (p.x + p.w / 2) * view.scale;
    view.y = r.height / 2 - (p.y + p.h / 2) * view.scale;
  } else {
    const left = p.x * view.scale + view.x, top = p.y * view.scale + view.y, edge = Math.min(90, r.width / 6);
    const into = (at, size, room) => (at < edge ? edge - at : at + size > room - edge ? Math.max(edge - at, room - edge - at - size) : 0);
    view.x += into(left, p.w * view.scale, r.width);
    view.y += into(top, p.h * view.scale, r.height);
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
      move(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (event) => { pointers.delete(event.pointerId); canvas.classList.remove("dragged"); });
  $("smaller").onclick = () => zoom(1 / 1.3);
  $("whole").onclick = fit;
  $("larger").onclick = () => zoom(1.3);
  new ResizeObserver(() => { if (!view.isMoved && !view.isFollowing) fit(); }).observe(canvas);
}
