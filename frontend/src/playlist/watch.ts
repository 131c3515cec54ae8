/** What a watch page has of playlists and of sharing. */
import "../embed/share";
import "./next";
import "./playlist.css";
