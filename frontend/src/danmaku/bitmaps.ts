/** Text as bitmaps: drawn once, copied every frame. At most a few new ones a frame, so that a burst never stalls. */
import type { DanmakuItem, DanmakuSettings } from "./items";
import type { Size } from "./lanes";

const FONT = '"PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif';
const STANDARD_PX = 25;
const PAD = 3;

export function fontPx(item: DanmakuItem, settings: DanmakuSettings): number {
  return Math.round((settings.fontPx * Math.min(Math.max(item.size_px, 12), 64)) / STANDARD_PX);
}

export class Bitmaps {
  private readonly cache = new Map<string, HTMLCanvasElement>();
  private readonly ruler = document.createElement("canvas").getContext("2d");

  constructor(
    private readonly settings: DanmakuSettings,
    private readonly ratio: number,
  ) {}

  /** Size of an item's text in CSS pixels, with its outline. */
  measure(item: DanmakuItem): Size {
    const px = fontPx(item, this.settings);
    if (!this.ruler) return { width: item.text.length * px, height: px * 1.25 };
    this.ruler.font = `600 ${px}px ${FONT}`;
    return { width: Math.ceil(this.ruler.measureText(item.text).width) + 2 * PAD, height: Math.ceil(px * 1.25) };
  }

  /** The item's bitmap, made now if there is none yet. */
  get(item: DanmakuItem, size: Size): HTMLCanvasElement {
    const known = this.cache.get(item.id);
    if (known) return known;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.ceil(size.width * this.ratio));
    canvas.height = Math.max(1, Math.ceil(size.height * this.ratio));
    const context = canvas.getContext("2d");
    if (context) this.draw(context, item, size);
    this.cache.set(item.id, canvas);
    return canvas;
  }

  has(id: string): boolean {
    return this.cache.has(id);
  }

  /** Drop every bitmap that is not of these items. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.cache.keys()) if (!ids.has(id)) this.cache.delete(id);
  }

  private draw(context: CanvasRenderingContext2D, item: DanmakuItem, size: Size): void {
    context.scale(this.ratio, this.ratio);
    context.font = `600 ${fontPx(item, this.settings)}px ${FONT}`;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = isDark(item.color) ? "rgb(255 255 255 / 75%)" : "rgb(0 0 0 / 75%)";
    context.strokeText(item.text, PAD, size.height / 2);
    context.fillStyle = item.color;
    context.fillText(item.text, PAD, size.height / 2);
    if (item.own || item.kind === "teacher") {
      context.fillStyle = item.own ? "#7fd6ff" : "#ffd166";
      context.fillRect(PAD, size.height - 2, size.width - 2 * PAD, 2);
    }
  }
}

function isDark(color: string): boolean {
  const value = Number.parseInt(color.slice(1), 16);
  return ((value >> 16) & 255) * 0.3 + ((value >> 8) & 255) * 0.59 + (value & 255) * 0.11 < 60;
}
