/* Small comforts. Every page works without this file. */
"use strict";

// A form that is on its way is not sent twice (the server would refuse the second one anyway).
document.addEventListener("submit", (event) => {
  if (event.submitter?.formNoValidate) return;
  if (event.target.dataset.sent) event.preventDefault();
  else {
    event.target.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
  }
});
// Coming back by the back button, the form may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
});

// Menus close as people expect them to.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelector("details.menu[open] > summary")?.focus();
  closeMenus(null);
});

// The address of a calendar: a button that copies it.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
  });
}

// The hours in the reader's own zone, beside those of the venue, where the two clocks differ at that moment.
for (const place of document.querySelectorAll(".own-zone[data-starts]")) {
  const [starts, ends] = [place.dataset.starts, place.dataset.ends].map((moment) => new Date(moment));
  const clock = (zone) => new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short", timeZone: zone }).format(starts);
  const theirs = place.dataset.zone;
  if (Number.isNaN(starts.valueOf()) || clock(theirs) === clock()) continue;
  const lang = document.documentElement.lang;
  const shown = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, {
    day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
  });
  place.textContent = place.dataset.says.replace("{}", shown.formatRange(starts, ends));
  place.hidden = false;
}
