// What the player's own parser reads: node hls_js.mjs HLS_JS MULTIVARIANT [MEDIA...] writes JSON.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, master, ...files] = process.argv.slice(2);
const { M3U8Parser } = await import(pathToFileURL(library));
const url = pathToFileURL(master).href;
const text = readFileSync(master, "utf8");
const parsed = M3U8Parser.parseMasterPlaylist(text, url);
const media = M3U8Parser.parseMasterPlaylistMedia(text, url, parsed);
const variants = parsed.levels.map((level) => [level.height, level.bitrate, level.videoCodec, level.audioCodec]);
const tracks = (kind) => (media[kind] ?? []).map((track) => [track.lang, track.name, track.default]);
const playlists = files.map((file) => {
  const found = M3U8Parser.parseLevelPlaylist(readFileSync(file, "utf8"), pathToFileURL(file).href, 0, "main", 0, null);
  const problem = found.playlistParsingError?.message ?? null;
  return { problem, live: found.live, duration: found.totalduration, segments: found.fragments.length };
});
const problem = parsed.playlistParsingError?.message ?? null;
console.log(JSON.stringify({ problem, variants, sounds: tracks("AUDIO"), texts: tracks("SUBTITLES"), playlists }));
