import "../player";
import "../danmaku/form";
import "../danmaku/list";
import "../playlist/watch";
import "../study/outline";
import "../study/tabs";
