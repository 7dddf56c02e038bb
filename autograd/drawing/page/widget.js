// A page in a notebook, as a widget of anywidget: its numbers are the widget's `numbers`, whoever changes them.
function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.title = model.get("title");
  frame.style.cssText = `display: block; box-sizing: border-box; width: 100%; height: ${model.get("height")}px; border: 1px solid #8886; border-radius: 6px;`;
  frame.srcdoc = model.get("page");
  const shown = (x) => (Array.isArray(x) ? x.map(shown) : Number.isFinite(x) ? x : String(x)); // JSON has no nan
  const read = ({ glassgrad }) => {
    const numbers = {};
    for (const { label, data } of glassgrad.read().nodes) if (label in model.get("numbers")) numbers[label] = shown(data);
    return numbers;
  };
  let isWriting = false;
  const write = () => {
    const page = frame.contentWindow, there = read(page);
    isWriting = true; // what is changed here is not sent back, one leaf at a time
    try {
      for (const [label, x] of Object.entries(model.get("numbers"))) {
        if (JSON.stringify(x) !== JSON.stringify(there[label])) page.glassgrad.set(label, x);
      }
    } finally {
      isWriting = false;
    }
  };
  frame.onload = () => {
    write();
    frame.contentWindow.addEventListener("glassgrad", () => {
      if (isWriting) return;
      const numbers = read(frame.contentWindow);
      if (JSON.stringify(numbers) === JSON.stringify(model.get("numbers"))) return;
      model.set("numbers", numbers);
      model.save_changes();
    });
    model.on("change:numbers", write);
  };
  el.append(frame);
  return () => model.off("change:numbers", write);
}
export default { render };
