import "../ui/index.css";
import "../discover/suggest";
