/** What people do with lessons: like, keep, follow; and what they say, on its own page. */
import "./comments";
import "./watch";
