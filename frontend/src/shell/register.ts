/** Asks the browser to keep the site's frame (worker.ts), once the page is there and has nothing else to do. */

if ("serviceWorker" in navigator && window === window.top) {
  addEventListener("load", () => {
    // Refused where storage is blocked: the site works without.
    navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined);
  });
}
