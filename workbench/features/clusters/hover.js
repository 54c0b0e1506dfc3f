// The chart listens anew whenever the mouse enters it: Streamlit may have replaced it in between.
const SIDE = 96;
export default function ({ data, parentElement, setTriggerValue }) {
  let box = parentElement.querySelector(".face");
  if (!box) {
    box = document.createElement("div");
    box.className = "face";
    box.setAttribute("role", "status");
    box.append(document.createElement("div"), document.createElement("span"));
    parentElement.appendChild(box);
  }
  const [tile, words] = box.children;
  tile.style.backgroundImage = "";
  tile.style.backgroundSize = `${data.columns * SIDE}px auto`;
  const place = new Map(data.positions.map((position, index) => [position, index]));
  const of = (event) => {
    const known = event.points.find((point) => point.customdata !== undefined);
    if (!known) return undefined;
    return Array.isArray(known.customdata) ? known.customdata[0] : known.customdata;
  };
  const hide = () => { box.style.display = "none"; };
  const show = (event) => {
    const i = place.get(of(event));
    if (i === undefined) return hide();
    tile.style.backgroundPosition = `-${(i % data.columns) * SIDE}px -${Math.floor(i / data.columns) * SIDE}px`;
    words.textContent = `row ${data.rows[i]}: labelled ${data.classes[data.targets[i]]}, ` +
      `taken for ${data.classes[data.predictions[i]]}, ${data.sure[i]} % sure`;
    tile.style.backgroundImage = `url(${data.sprite})`; // fetched at the first face
    box.dataset.position = data.positions[i];
    box.style.display = "block";
    const mouse = event.event || { clientX: 0, clientY: 0 };
    const left = mouse.clientX + 18 + box.offsetWidth > window.innerWidth;
    box.style.left = `${left ? mouse.clientX - 18 - box.offsetWidth : mouse.clientX + 18}px`;
    box.style.top = `${Math.max(4, Math.min(mouse.clientY - 60, window.innerHeight - box.offsetHeight - 4))}px`;
  };
  const click = (event) => {
    const position = of(event);
    if (position !== undefined) setTriggerValue("clicked", position);
  };
  const enter = (event) => {
    const graph = event.target.closest && event.target.closest(".js-plotly-plot");
    if (!graph || !graph.on || !graph.closest("." + data.chart)) return;
    for (const [name, act] of [["plotly_hover", show], ["plotly_unhover", hide]]) {
      graph.removeListener(name, act);
      graph.on(name, act);
    }
    if (data.clicks) {
      graph.removeListener("plotly_click", click);
      graph.on("plotly_click", click);
    }
  };
  const leave = (event) => { if (!event.target.closest || !event.target.closest("." + data.chart)) hide(); };
  hide();
  if (box.stop) box.stop();
  document.addEventListener("pointerover", enter, true);
  document.addEventListener("pointermove", leave, true);
  box.stop = () => {
    document.removeEventListener("pointerover", enter, true);
    document.removeEventListener("pointermove", leave, true);
    for (const graph of document.querySelectorAll("." + data.chart + " .js-plotly-plot")) {
      if (!graph.removeListener) continue;
      graph.removeListener("plotly_hover", show);
      graph.removeListener("plotly_unhover", hide);
      graph.removeListener("plotly_click", click);
    }
  };
  return box.stop;
}
