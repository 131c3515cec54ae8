"""Upload: resumable transfers of a source into the object store (tus 1.0)."""
