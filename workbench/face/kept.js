// The token of this tab's uploads, as soon as there is one; script.js of every page hands it back after a reload.
export default function ({ data }) {
  sessionStorage.setItem(data.name, data.token);
}
