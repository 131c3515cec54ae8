import "../playlist/playlist.css";
import "../playlist/plan.css";
import "../embed/share";
import "../playlist/print";
import "../playlist/editor";
