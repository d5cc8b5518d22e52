// Each slide is a section of the page. Keys jump from one to the next; without this script one scrolls.
const slides = [...document.querySelectorAll("section")];
const place = document.getElementById("place");
const button = document.getElementById("notes");
let here = 0;

function show(number, focus = true) {
  here = Math.max(0, Math.min(slides.length - 1, number));
  place.value = `${here + 1} / ${slides.length}`;
  history.replaceState(null, "", `#s${here + 1}`);
  if (!focus) return;
  slides[here].focus({ preventScroll: true });
  slides[here].scrollIntoView({ behavior: "instant", block: "start" });
}

function notes() {
  const open = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", open);
  for (const one of document.querySelectorAll("details")) one.open = open;
  show(here);
}

const keys = {
  ArrowRight: () => show(here + 1), ArrowDown: () => show(here + 1), PageDown: () => show(here + 1),
  ArrowLeft: () => show(here - 1), ArrowUp: () => show(here - 1), PageUp: () => show(here - 1),
  Home: () => show(0), End: () => show(slides.length - 1), s: notes, S: notes,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const pressed = event.key === " " && !event.target.closest("button, summary, a");
  const act = pressed ? () => show(here + (event.shiftKey ? -1 : 1)) : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
document.getElementById("back").onclick = () => show(here - 1);
document.getElementById("on").onclick = () => show(here + 1);
button.onclick = notes;

// Who scrolls by hand is followed: the slide that fills the middle of the window is the present one.
const middle = { rootMargin: "-50% 0px -50% 0px" };
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) show(slides.indexOf(entry.target), false);
}, middle);
slides.forEach((slide) => seen.observe(slide));
const asked = Number(location.hash.slice(2));
if (asked > 1) show(asked - 1);
