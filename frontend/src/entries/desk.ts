/** Styles of the pages where people look through many things and decide on them. */
import "../ui/moderation.css";
