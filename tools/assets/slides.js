// Each slide is a section of the page. Keys jump from one to the next; without this script one scrolls.
const slides = [...document.querySelectorAll("section")];
const place = document.getElementById("place");
const button = document.getElementById("notes");
const larger = document.getElementById("larger");
let here = 0;

function show(number, focus = true) {
  here = Math.max(0, Math.min(slides.length - 1, number));
  if (focus) document.querySelector("figure.large")?.classList.remove("large");
  larger.disabled = !slides[here].querySelector("figure");
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

// The present figure fills the window, its smallest letters as large as those of the text; one scrolls in it.
function zoom() {
  const figure = slides[here].querySelector("figure");
  if (!figure) return;
  figure.tabIndex = -1;
  if (figure.classList.toggle("large")) figure.focus();
  else show(here);
}

const keys = {
  ArrowRight: () => show(here + 1), ArrowDown: () => show(here + 1), PageDown: () => show(here + 1),
  ArrowLeft: () => show(here - 1), ArrowUp: () => show(here - 1), PageUp: () => show(here - 1),
  Home: () => show(0), End: () => show(slides.length - 1), s: notes, S: notes,
  z: zoom, Z: zoom, Escape: () => show(here),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const pressed = event.key === " " && !event.target.closest("button, summary, a");
  const act = pressed ? () => show(here + (event.shiftKey ? -1 : 1)) : keys[event.key];
  const scrolls = document.querySelector("figure.large") && event.key.startsWith("Arrow");
  if (!act || scrolls) return;
  event.preventDefault();
  act();
});
document.getElementById("back").onclick = () => show(here - 1);
document.getElementById("on").onclick = () => show(here + 1);
button.onclick = notes;
larger.onclick = zoom;
for (const figure of document.querySelectorAll("figure")) figure.onclick = zoom;

// Who scrolls by hand is followed: the slide that fills the middle of the window is the present one. (Where that
// is, it is asked anew: what the observer has seen may be a key older.)
const seen = new IntersectionObserver(() => {
  const middle = slides.findIndex((slide) => slide.getBoundingClientRect().bottom > innerHeight / 2);
  if (middle >= 0) show(middle, false);
}, { rootMargin: "-50% 0px -50% 0px" });
slides.forEach((slide) => seen.observe(slide));
const asked = Number(location.hash.slice(2));
if (asked > 1) show(asked - 1);
