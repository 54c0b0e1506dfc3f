// The token of this tab's uploads, as soon as there is one; script.js of every page hands it back after a reload.
export default function ({ data }) {
  try {
    sessionStorage.setItem(data.name, data.token);
  } catch (error) {
    if (error.name !== "SecurityError") throw error; // storage is blocked: uploads end with a reload
  }
}
