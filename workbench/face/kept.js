// The token of this tab's uploads: kept for as long as the tab is open, handed back after a reload.
const NAME = "fer-uploads";

export default function ({ data, setTriggerValue }) {
  const known = sessionStorage.getItem(NAME);
  if (data.token) {
    if (known !== data.token) sessionStorage.setItem(NAME, data.token);
  } else if (known) {
    setTriggerValue("returned", known);
  }
}
