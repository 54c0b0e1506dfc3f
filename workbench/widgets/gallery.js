export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".gallery");
  if (!root) {
    root = document.createElement("div");
    root.className = "gallery";
    parentElement.appendChild(root);
  }
  root.style.setProperty("--side", data.side + "px");
  const several = data.groups.length > 1;
  const place = document.createElement("div");
  if (several) place.className = "groups";
  for (const tiles of data.groups) {
    const group = document.createElement("div");
    group.className = data.framed ? "group framed" : "group";
    group.setAttribute("role", "group");
    for (const tile of tiles) {
      const button = document.createElement("button");
      button.type = "button";
      button.title = tile.about;
      button.setAttribute("aria-pressed", String(tile.id === data.selected));
      const picture = document.createElement("img");
      picture.src = tile.src;
      picture.alt = tile.about;
      if (tile.small) picture.className = "enlarged";
      button.appendChild(picture);
      if (tile.caption) {
        const caption = document.createElement("span");
        caption.textContent = tile.caption.replaceAll(" %", "\u00a0%");
        button.appendChild(caption);
      }
      button.onclick = () => {
        for (const other of root.querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
        button.setAttribute("aria-pressed", "true");
        setTriggerValue("clicked", tile.id);
      };
      group.appendChild(button);
    }
    place.appendChild(group);
  }
  root.replaceChildren(place);
}
