/** The editors of a lesson's page: each is loaded when its section comes near. The page works before, by its forms. */
import "./preview";
import "./studio.css";

const EDITORS: Record<string, () => Promise<unknown>> = {
  "edu-picker": () => import("./picker"),
  "edu-poster": () => import("./poster"),
  "edu-chapters": () => import("./chapters"),
  "edu-captions": () => import("./captions"),
  "edu-guide": () => import("./guide"),
};

const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    void EDITORS[target.localName]?.();
  }
}, { rootMargin: "400px" });

for (const element of document.querySelectorAll(Object.keys(EDITORS).join(", "))) sight.observe(element);
