import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
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
    rolldownOptions: {
      input: ["site", "watch", "studio", "playlist", "embed"].map((name) => here(`src/entries/${name}.ts`)),
    },
  },
  plugins: [
    onlyMp4,
    {
      name: "messages-for-the-server",
      closeBundle: () => cp(here("src/i18n/messages.json"), `${dist}/messages.json`),
    },
  ],
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});
