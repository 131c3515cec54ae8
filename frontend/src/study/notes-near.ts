/** Loads what `<edu-notes>` is made of when one comes near the screen; on a phone, when its tab is opened. */

const near = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  near.disconnect();
  void import("./notes");
}, { rootMargin: "300px" });

for (const notes of document.querySelectorAll("edu-notes")) near.observe(notes);
