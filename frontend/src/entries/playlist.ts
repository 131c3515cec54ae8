import "../playlist/playlist.css";
import "../embed/copy";
import "../playlist/editor";
