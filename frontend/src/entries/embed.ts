import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/watch.css";
import "../player";
