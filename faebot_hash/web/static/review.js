// Keys and a slider that moves at once, for a page that works without them.
"use strict";

(() => {
  const SETTING = "faebot-keys";
  const keys = document.getElementById("keys");
  const form = document.getElementById("judge");
  let sent = false;

  // A browser may forbid to keep anything; the keys are then on for each page anew.
  const kept = () => { try { return localStorage.getItem(SETTING); } catch { return null; } };
  const keep = (value) => { try { localStorage.setItem(SETTING, value); } catch { /* not kept */ } };

  keys.disabled = false;
  keys.checked = kept() !== "off";
  keys.addEventListener("change", () => keep(keys.checked ? "on" : "off"));

  const isTyping = (target) =>
    target instanceof Element && target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=range])") !== null;

  document.addEventListener("keydown", (event) => {
    if (!keys.checked || event.repeat || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const place = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (place === null) return;
    event.preventDefault();
    place.click();
  });

  if (form !== null) {
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    window.addEventListener("pageshow", () => { sent = false; });
  }

  // Two pictures that are missing differ in nothing: that must not look like two equal ones.
  const tellBroken = () => { document.getElementById("broken").hidden = false; };
  for (const picture of document.querySelectorAll(".stage img")) {
    if (picture.complete && picture.naturalWidth === 0) tellBroken();
    picture.addEventListener("error", tellBroken);
  }

  const slider = document.getElementById("at");
  if (slider !== null) {
    const swipe = document.getElementById("swipe");
    document.getElementById("move").hidden = true;
    slider.step = "1";
    const move = () => swipe.style.setProperty("--at", `${slider.value}%`);
    slider.addEventListener("input", move);
    swipe.addEventListener("pointermove", (event) => {
      const box = swipe.getBoundingClientRect();
      slider.value = String(Math.round((100 * (event.clientX - box.left)) / box.width));
      move();
    });
  }
})();
