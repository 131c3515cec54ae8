"""Shapes of embedding in the API."""

from ninja import Schema
from pydantic import Field


class EmbeddingIn(Schema):
    allowed_domains: list[str] = Field(
        max_length=200, description="[http[s]://][*.]host[:port]; none lets every site frame the playlist"
    )


class EmbeddingOut(Schema):
    allowed_domains: list[str]
    embed_url: str
    code: str = Field(description="HTML of a frame, to be copied into a page")


class FramedViewIn(Schema):
    seal: str = Field(max_length=200)
    viewer: str = Field(pattern="^[a-z0-9]{8,40}$")
