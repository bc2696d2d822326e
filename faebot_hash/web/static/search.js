// Lets a picture be dropped on the page or pasted, and shows a small file itself where it has no thumbnail.
"use strict";

for (const image of document.querySelectorAll("img[data-replacement]")) {
  const replace = () => {
    const address = image.dataset.replacement;
    delete image.dataset.replacement;
    if (address && address !== image.src) image.src = address;
  };
  image.addEventListener("error", replace, { once: true });
  if (image.complete && image.naturalWidth === 0 && image.currentSrc) replace();
}

const form = document.getElementById("picture");
if (form) {
  const field = form.elements.picture;
  const state = form.querySelector(".drop__state");
  const mostBytes = Number(form.dataset.mostBytes);
  for (const told of document.querySelectorAll(".with-script")) told.hidden = false;

  const isFitting = () => {
    const file = field.files[0];
    const tooLarge = file !== undefined && file.size > mostBytes;
    const about = tooLarge
      ? `${file.name} is too large: at most ${Math.floor(mostBytes / 1e6)} MB.`
      : "";
    state.textContent = about;
    field.setCustomValidity(about);
    return !tooLarge;
  };

  const search = (files) => {
    const pictures = [...files].filter((file) => file.type.startsWith("image/"));
    if (pictures.length !== 1) {
      state.textContent = pictures.length ? "One picture at a time, please." : "That is no picture.";
      return;
    }
    const one = new DataTransfer();
    one.items.add(pictures[0]);
    field.files = one.files;
    if (isFitting()) form.requestSubmit();
  };

  const searchFor = (text) => {
    const asked = document.getElementById("file-q");
    if (!asked || !text) return;
    asked.value = text.trim().split("\n")[0];
    asked.form.requestSubmit();
  };

  field.addEventListener("change", isFitting);
  form.addEventListener("submit", () => { state.textContent = "Searching…"; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) state.textContent = ""; });

  let inside = 0;
  const mark = (change) => {
    inside = Math.max(0, inside + change);
    document.body.classList.toggle("dropping", inside > 0);
  };
  document.addEventListener("dragenter", (event) => { event.preventDefault(); mark(1); });
  document.addEventListener("dragleave", () => mark(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-inside);
    // A picture of another page comes with its address, which says more than its pixels.
    const address = event.dataTransfer.getData("text/uri-list");
    if (address) searchFor(address);
    else search(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    search(event.clipboardData.files);
  });
}
