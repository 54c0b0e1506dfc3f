"""The face under the mouse, beside the mouse: plotly's own labels hold no pictures."""

from __future__ import annotations

import streamlit as st

from workbench import cache
from workbench.features.clusters.maps import Mapped
from workbench.features.clusters.model import colours

_CSS = """
.face { position: fixed; z-index: 1000; pointer-events: none; display: none; padding: 6px; width: 172px;
        border-radius: 6px; border: 1px solid var(--st-border-color); background: var(--st-background-color);
        color: var(--st-text-color); font: 0.78rem/1.3 var(--st-font); box-shadow: 0 2px 10px rgba(0, 0, 0, 0.25); }
.face div { width: 96px; height: 96px; margin: 0 auto 4px; image-rendering: pixelated; background-repeat: no-repeat; }
"""

# The chart listens anew whenever the mouse enters it: Streamlit may have replaced it in between.
_JS = """
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
  tile.style.backgroundImage = `url(${data.sprite})`;
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
"""

_HOVER = st.components.v2.component("face_under_the_mouse", css=_CSS, js=_JS)


def show(mapped: Mapped, chart: str, *, clicks: bool = False) -> int | None:
    """Show the faces of the chart with that key; returns the position that was clicked just now, where asked.

    Args:
        clicks: for a chart that reports no selection of its own.
    """
    faces = mapped.faces
    told = cache.of_predictions(colours.hover, faces, mapped.dataset, key=("hover", faces.n))
    result = _HOVER(
        key=f"{chart} hover",
        data={**told, "chart": "st-key-" + chart.replace(" ", "-"), "clicks": clicks},
        on_clicked_change=_noticed,
    )
    clicked = result.get("clicked")
    return None if clicked is None else int(clicked)


def _noticed() -> None:
    """A trigger needs a callback to exist; the value is read from the result."""
