import "../ui/index.css";
import "../playlist/playlist.css";
import "../embed/embed.css";
import "../player";
import "../playlist/next";
