/** What a watch page has of likes and follows at once, and of comments when one comes near them. */
import "./community.css";
import "./toggle";

const place = document.querySelector(".watch edu-comments");
if (place) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    void import("./comments");
  }, { rootMargin: "600px" });
  seen.observe(place);
}
