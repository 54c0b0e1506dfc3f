// Choices on a page replace its entry in the history, so that Back leaves the page with one press. What a button of
// the container "history step" shows is an entry of its own: Back returns to what was shown before.
function oneEntryAPage() {
  const push = history.pushState.bind(history);
  let step = false;
  document.addEventListener("click", ({ target }) => (step = !!target.closest(".st-key-history-step button")), true);
  history.pushState = (state, unused, url) => {
    const { pathname, search } = new URL(url ?? location.href, location.href);
    const same = pathname === location.pathname;
    const replaces = same && !(step && search !== location.search);
    if (!replaces) step = false;
    return replaces ? history.replaceState(state, unused, url) : push(state, unused, url);
  };
}

// Streamlit's navigation is a list of lists without the roles.
function navigation() {
  const list = document.querySelector('ul[data-testid="stSidebarNavItems"]:not([role])');
  if (!list) return;
  list.setAttribute("role", "presentation");
  for (const item of list.querySelectorAll("li")) item.parentElement.setAttribute("role", "list");
}

// Buttons for figures and tables. One observer for the whole page: figures come and go with every run.
function button(label, title, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "modebar-btn take-away";
  made.textContent = label;
  made.title = title;
  made.setAttribute("aria-label", title);
  made.addEventListener("click", act);
  return made;
}

function save(content, kind, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function overFigure(bar) {
  const plot = bar.closest(".js-plotly-plot");
  const camera = bar.querySelector('[data-title^="Download plot"]');
  if (!camera || !plot) return;
  const options = () => plot._context.toImageButtonOptions;
  const as = (format) => () => {
    // Plotly reads the format when its own button is pressed.
    options().format = format;
    camera.click();
  };
  camera.style.display = "none";
  camera.parentElement.append(
    button("PNG", "Save the figure as PNG at print size", as("png")),
    button("SVG", "Save the figure as SVG", as("svg")),
    button("Pin", "Pin the figure to the report", () => tell("pin", options().filename))
  );
}

// The lines of a text as the browser broke them, each with its place.
function* linesOf(node) {
  const range = document.createRange();
  let line = null;
  for (let at = 0; at < node.length; at++) {
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    const box = range.getBoundingClientRect();
    if (line && Math.abs(box.top - line.top) > 2) {
      yield line;
      line = null;
    }
    line ??= { text: "", left: box.left, top: box.top, middle: (box.top + box.bottom) / 2 };
    line.text += node.data[at];
  }
  if (line) yield line;
}

// A grid of pictures on white, at three pixels for one of the screen.
function drawn(grid) {
  const frame = grid.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.ceil(3 * frame.width), Math.ceil(3 * frame.height)];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(3, 0, 0, 3, -3 * frame.left, -3 * frame.top);
  pen.fillStyle = pen.strokeStyle = "black";
  pen.imageSmoothingEnabled = false;
  pen.textBaseline = "middle";
  pen.lineWidth = 2;
  for (const image of grid.querySelectorAll("img")) {
    const { left, top, width, height } = image.getBoundingClientRect();
    pen.drawImage(image, left, top, width, height);
    if (image.style.outline) pen.strokeRect(left, top, width, height);
  }
  const texts = document.createTreeWalker(grid, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { fontWeight, fontSize, fontFamily } = getComputedStyle(texts.currentNode.parentElement);
    pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    for (const { text, left, middle } of linesOf(texts.currentNode)) pen.fillText(text.trim(), left, middle);
  }
  return canvas;
}

function toolsOver(table, ...buttons) {
  const bar = document.createElement("div");
  bar.className = "table-tools";
  bar.append(...buttons);
  table.parentElement.parentElement.prepend(bar);
}

function overGrid(grid) {
  const name = grid.dataset.name + ".png";
  const act = () => drawn(grid).toBlob((content) => save(content, "image/png", name));
  toolsOver(
    grid,
    button("PNG", "Save the pictures as PNG", act),
    button("Pin", "Pin the pictures to the report", () => tell("pin", grid.dataset.name))
  );
}

function overTable(table) {
  const { name, csv, latex } = table.dataset;
  toolsOver(
    table,
    button("CSV", "Save the table as CSV", () => save(csv, "text/csv", name + ".csv")),
    button("LaTeX", "Save the table as LaTeX", () => save(latex, "application/x-tex", name + ".tex")),
    button("Pin", "Pin the table to the report", () => tell("pin", name))
  );
}

// Names at points: a figure says which of its annotations they are. One that touches a name before it, or stands on
// another point, is left to the pointer: how wide the figure is, only the browser knows.
const [NEAR, LEADING] = [2, 1];

function boxOf(node) {
  const { left, right, top, bottom } = node.getBoundingClientRect();
  return { left: left - NEAR, right: right + NEAR, top: top + LEADING, bottom: bottom - LEADING };
}

function thinNames(plot) {
  const isName = (node) => plot.layout?.annotations?.[node.dataset.index]?.name === "point";
  const annotations = [...plot.querySelectorAll(".annotation")].filter(isName);
  const texts = [...plot.querySelectorAll(".scatterlayer .textpoint")].filter((node) => node.textContent);
  if (annotations.length + texts.length < 2) return;
  const points = annotations.length ? [...plot.querySelectorAll(".scatterlayer .point")].map(boxOf) : [];
  const shown = [];
  for (const node of [...annotations, ...texts]) {
    const box = boxOf(node.querySelector(".annotation-text-g") ?? node);
    const touches = (other) =>
      box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
    const covers = ({ left, right, top, bottom }) =>
      Math.abs(left + right - box.left - box.right) < box.right - box.left &&
      Math.abs(top + bottom - box.top - box.bottom) < box.bottom - box.top;
    const free = !shown.some(touches) && !(annotations.includes(node) && points.some(covers));
    node.style.visibility = free ? "" : "hidden";
    if (free) shown.push(box);
  }
}

function equip() {
  for (const plot of document.querySelectorAll(".js-plotly-plot")) thinNames(plot);
  for (const bar of document.querySelectorAll(".js-plotly-plot .modebar:not(:has(.take-away))")) overFigure(bar);
  for (const table of document.querySelectorAll(".table:not(:has(> .table-tools)) :is([data-csv], [data-grid])"))
    table.dataset.csv === undefined ? overGrid(table) : overTable(table);
}

// Tells the server through the text field that nobody sees, as typing and leaving it would. The number makes the same
// words, said again, a new value.
let times = 0;
function tell(what, said) {
  const field = document.querySelector(".st-key-browser input");
  if (!field) return void setTimeout(tell, 50, what, said); // it is drawn a moment after this script
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  set.call(field, `${what} ${++times} ${said}`);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
}

// The token of this tab's uploads: kept for as long as the tab is open, handed back after a reload, again until the
// server answers with it. A browser that blocks storage throws: there uploads end with a reload, and everything else
// works.
const AGAIN = 3000;
let asking;
function exchange(name, token) {
  clearInterval(asking);
  try {
    const kept = sessionStorage.getItem(name);
    if (token === null) sessionStorage.removeItem(name);
    else if (token && kept !== token) sessionStorage.setItem(name, token);
    else if (!token && kept) {
      tell("token", kept);
      asking = setInterval(tell, AGAIN, "token", kept);
    }
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
  }
}

oneEntryAPage();
// While a page is drawn its figures and tables are left alone: measuring them would lay the page out again and again.
const [QUIET, LATEST] = [100, 1000];
let changed = 0, due;
function soon() {
  navigation();
  changed ||= performance.now();
  clearTimeout(due);
  due = setTimeout(() => ((changed = 0), equip()), Math.min(QUIET, Math.max(0, changed + LATEST - performance.now())));
}
new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
soon();
window.ferPage = { exchange };
