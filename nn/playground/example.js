// The graph of the ringed point: the page of `draw`, with the numbers of the moment, in which the weight is selected.
function bytesOf(numbers) {
  return btoa(Array.from(new Uint8Array(Float64Array.from(numbers).buffer), (b) => String.fromCharCode(b)).join(""));
}

function examplePage(point) {
  const named = new Map(spec.parameters.map(({ name, at }) => [name, at.map((i) => p[i])]));
  for (const [letter, numbers] of [["x", point.X], ["y", point.y]]) {
    named.set(letter, numbers);
    numbers.forEach((x, i) => named.set(`${letter}${i + 1}`, [x]));
  }
  return EXAMPLE.replace(/(id="graph-data">)(.*?)(?=<\/script>)/s, (_, start, text) => {
    const graph = JSON.parse(text);
    for (const node of graph.nodes) {
      const numbers = node.op === undefined && node.learns && named.get(node.name);
      if (numbers) node.value = node.value.shape ? { ...node.value, type: "f8", bytes: bytesOf(numbers) } : String(numbers[0]);
    }
    return start + JSON.stringify(graph).replaceAll("<", "\\u003c");
  });
}

function openExample() {
  pause();
  finishWalk();
  const row = data.train.rows[ringed], frame = $("example-frame"), at = weightOf(selected);
  const { name, at: all } = spec.parameters.find((parameter) => parameter.at.includes(at));
  frame.onload = () => {
    frame.contentWindow.setTheme(document.documentElement.dataset.theme);
    frame.contentWindow.glassgrad.show(name, all.indexOf(at));
    frame.contentWindow.focus();
    frame.contentWindow.onkeydown = (event) => {
      const isFree = !event.defaultPrevented && !frame.contentDocument.querySelector("dialog[open]");
      if (event.key === "Escape" && isFree) $("example").close();
    };
  };
  $("example-title").textContent = `The graph of point ${row + 1}`;
  frame.srcdoc = examplePage(packed(data, [row]));
  $("example").showModal();
}
