import "../player";
import "../danmaku/form";
import "../danmaku/list";
import "../study/outline";
import "../study/tabs";
