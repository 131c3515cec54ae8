"""The way into other people's pages: embed pages, oEmbed, and who may put them into a frame."""
