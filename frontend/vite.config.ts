import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const dist = here("../eduvideo/site/static/dist");

// hls.js is built from its own source with what our playlists use: other audio, captions of the playlist, I-frames no.
const hlsParts = {
  __VERSION__: JSON.stringify("1.7.4"),
  __USE_ALT_AUDIO__: "true",
  __USE_EME_DRM__: "false",
  __USE_SUBTITLES__: "false",
  __USE_CMCD__: "false",
  __USE_CONTENT_STEERING__: "false",
  __USE_VARIABLE_SUBSTITUTION__: "false",
  __USE_M2TS_ADVANCED_CODECS__: "false",
  __USE_MEDIA_CAPABILITIES__: "false",
  __USE_INTERSTITIALS__: "false",
  __USE_IFRAMES__: "false",
  __IN_WORKER__: "false",
  __HLS_WORKER_BUNDLE__: "undefined",
};

/** Our segments are fragmented MP4, so hls.js needs nothing that takes apart MPEG-TS, AAC or MP3 and makes MP4 of them. */
const onlyMp4 = {
  name: "only-mp4",
  enforce: "pre" as const,
  transform(code: string, id: string): string | undefined {
    if (!id.endsWith("/hls.js/src/demux/transmuxer.ts")) return undefined;
    const others = /^ {2}\{ demux: (?:TS|AAC|MP3)Demuxer, remux: MP4Remuxer \},\n/gm;
    const imports = /^import (?:AACDemuxer|\{ AC3Demuxer \}|MP3Demuxer|TSDemuxer|MP4Remuxer) from .*\n/gm;
    const found = [code.match(others)?.length, code.match(imports)?.length];
    if (String(found) !== "3,5") throw new Error("hls.js has changed: look at its list of demuxers again");
    return code.replace(others, "").replace(imports, "");
  },
};

const lacking = "export default undefined;";
/** Parts that our players never run, by the end of their path, and what the rest asks of them. */
const standIns: Record<string, string> = {
  "hls.js/src/controller/fps-controller.ts": lacking, // hls.js makes the controllers that there are
  "hls.js/src/controller/id3-track-controller.ts": lacking,
  "hls.js/src/crypt/decrypter.ts": "export default class { reset() {} flush() {} destroy() {} }", // nothing is encrypted
  "hls.js/src/remux/mp4-generator.ts": lacking,
  "hls.js/src/utils/fetch-loader.ts": `${lacking} export const fetchSupported = () => false;`,
  // Gestures, keys and their list are ours: the controller has `gesturesdisabled` and `nohotkeys`.
  "media-chrome/dist/media-gesture-receiver.js": 'export default { shadowRootOptions: { mode: "open" }, getTemplateHTML: () => "" };',
  "media-chrome/dist/media-keyboard-shortcuts-dialog.js": "export const getHotkeyToken = () => undefined;",
};

/** Fails when one is not met any more: then the library has changed, and so may what it asks of it. */
function withoutUnused(): Plugin {
  const met = new Set<string>();
  return {
    name: "without-unused",
    enforce: "pre",
    apply: "build",
    load(id) {
      const end = Object.keys(standIns).find((part) => id.endsWith(`/node_modules/${part}`));
      if (end) met.add(end);
      return end && standIns[end];
    },
    buildEnd(error) {
      const missing = Object.keys(standIns).filter((part) => !met.has(part));
      if (!error && missing.length) this.error(`Not met: ${missing.join(", ")}`);
    },
  };
}

/** The script for other sites is a classic one: nothing of it but its own global may reach their pages. */
const classicScript: Plugin = {
  name: "classic-script",
  renderChunk: (code, chunk) => (chunk.isEntry && chunk.name === "eduvideo" ? { code: `(() => {\n${code}\n})();`, map: null } : null),
};

/**
 * KaTeX sets a few styles as attributes, which our policy refuses; it allows the same by the style of the element. Of its
 * fonts we give the one kind that every browser of ours reads, and as files: the policy takes no font of a style sheet.
 */
const katexUnderPolicy: Plugin = {
  name: "katex-under-policy",
  enforce: "pre",
  apply: "build",
  transform(code, id) {
    const file = id.split("?")[0] ?? "";
    if (file.endsWith("/katex/dist/katex.mjs")) {
      const styled = /node\.setAttribute\(attr, (this\.attributes\[attr\]|value)\);/g;
      if (code.match(styled)?.length !== 4) this.error("KaTeX has changed: look at how it sets styles again");
      return code.replace(styled, 'if (attr !== "style") node.setAttribute(attr, $1); else if (node.style) node.style.cssText = $1;');
    }
    if (file.endsWith("/katex/dist/katex.min.css")) {
      const others = /,url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g;
      if (code.match(others)?.length !== 40) this.error("KaTeX has changed: look at its fonts again");
      return code.replace(others, "");
    }
    return undefined;
  },
};

interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode => typeof (value as SyntaxNode | null)?.type === "string";

/** Whether a statement only says what is being done: this.log(...), logger.warn(...), hls.logger.debug(...). */
function isLogging({ type, expression }: SyntaxNode): boolean {
  if (type !== "ExpressionStatement") return false;
  const whole = expression as SyntaxNode;
  const called = (whole.type === "ChainExpression" ? whole["expression"] as SyntaxNode : whole)["callee"] as SyntaxNode | undefined;
  if (called?.type !== "MemberExpression") return false;
  const nameOf = (node: SyntaxNode): string => node.type === "ThisExpression" ? "this" : String((node["property"] as SyntaxNode | undefined)?.["name"] ?? node["name"]);
  return /^(?:log|warn|debug)$/.test(nameOf(called)) && /^(?:this|logger)$/.test(nameOf(called["object"] as SyntaxNode));
}

function loggingIn(node: SyntaxNode): SyntaxNode[] {
  if (isLogging(node)) return [node];
  return Object.values(node).flat().filter(isNode).flatMap(loggingIn);
}

/** hls.js tells its log of all that it does. Nobody listens to it here, and the words are a tenth of what is sent. */
const withoutLog: Plugin = {
  name: "without-log",
  apply: "build",
  transform(code, id) {
    if (!id.includes("/node_modules/hls.js/src/")) return undefined;
    const found = loggingIn(this.parse(code) as unknown as SyntaxNode);
    return found.reduceRight((rest, { start, end }) => `${rest.slice(0, start)};${rest.slice(end)}`, code);
  },
};

/** The markup and styles in media-chrome's templates come with their indentation. */
const withoutIndentation: Plugin = {
  name: "without-indentation",
  apply: "build",
  transform: (code, id) => id.includes("/node_modules/media-chrome/") ? code.replace(/\n\s+/g, "\n") : undefined,
};

export default defineConfig({
  base: "/static/dist/",
  define: hlsParts,
  resolve: {
    alias: [{ find: /^hls\.js$/, replacement: here("node_modules/hls.js/src/hls.ts") }],
  },
  build: {
    outDir: dist,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    chunkSizeWarningLimit: 600, // the player, loaded after the page; make bench holds it to its budget
    modulePreload: { polyfill: false },
    assetsInlineLimit: (file) => (file.endsWith(".woff2") ? false : undefined),
    rolldownOptions: {
      input: [
        here("src/shell/worker.ts"), // has no import of its own: it is served alone
        ...["site", "design", "watch", "studio", "desk", "playlist", "guide", "notes", "community", "embed", "eduvideo"].map((name) => here(`src/entries/${name}.ts`)),
      ],
    },
  },
  plugins: [
    onlyMp4,
    withoutUnused(),
    withoutLog,
    withoutIndentation,
    classicScript,
    katexUnderPolicy,
    {
      name: "messages-for-the-server",
      closeBundle: () => cp(here("src/i18n/messages.json"), `${dist}/messages.json`),
    },
  ],
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});
