// Choices on a page replace its entry in the history, so that Back leaves the page with one press.
function oneEntryAPage() {
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, url) => {
    const same = url && new URL(url, location.href).pathname === location.pathname;
    return same ? history.replaceState(state, unused, url) : push(state, unused, url);
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

function save(text, kind, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
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
    button("Pin", "Pin the figure to the report", () => window.ferPage.pin(options().filename))
  );
}

function overTable(table) {
  const bar = document.createElement("div");
  bar.className = "table-tools";
  const { name, csv, latex } = table.dataset;
  bar.append(
    button("CSV", "Save the table as CSV", () => save(csv, "text/csv", name + ".csv")),
    button("LaTeX", "Save the table as LaTeX", () => save(latex, "application/x-tex", name + ".tex")),
    button("Pin", "Pin the table to the report", () => window.ferPage.pin(name))
  );
  table.parentElement.parentElement.prepend(bar);
}

function equip() {
  navigation();
  for (const bar of document.querySelectorAll(".js-plotly-plot .modebar:not(:has(.take-away))")) overFigure(bar);
  for (const table of document.querySelectorAll("table[data-csv]"))
    if (!table.parentElement.parentElement.querySelector(".table-tools")) overTable(table);
}

export default function ({ setTriggerValue }) {
  const known = window.ferPage;
  window.ferPage = { pin: (name) => setTriggerValue("pinned", name), observer: known?.observer };
  if (!known) {
    oneEntryAPage();
    let due = false;
    window.ferPage.observer = new MutationObserver(() => {
      if (due) return;
      due = true;
      setTimeout(() => {
        due = false;
        equip();
      }, 100);
    });
    window.ferPage.observer.observe(document.body, { childList: true, subtree: true });
  }
  equip();
}
