export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".drawing");
  if (!root) {
    root = document.createElement("div");
    root.className = "drawing";
    parentElement.appendChild(root);
  }
  const left = root.scrollLeft;
  root.innerHTML = data.svg;
  root.scrollLeft = left;
  const blocks = root.querySelectorAll("[data-block]");
  for (const block of blocks) {
    const choose = () => {
      for (const other of blocks) other.setAttribute("aria-pressed", String(other === block));
      setTriggerValue("clicked", block.dataset.block);
    };
    block.onclick = choose;
    block.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    };
  }
}
