/** What a watch page has of playlists and of sharing. */
import "../embed/copy";
import "./next";
import "./playlist.css";
