"""Tell how far one's own upload is and, where it is sent in parts, which of them the store has.

How a program uploads:

1. `POST /api/v1/videos` with filename and size_bytes makes the draft and its upload `{id, protocol, url}`.
   protocol "tus" is a matter for any client of tus 1.0, with url as the upload's own. With "s3-multipart":
2. `GET url` tells part_size_bytes and which parts are there. Cut the file: every part has that size, the last the rest.
3. `POST url/parts {"numbers": [1, 2, ...], "sha256": {"1": "...", ...}}` gives a URL for each, valid for minutes. `PUT`
   the bytes of the part to it with the headers that came along, without our token; keep the ETag of the answer. Parts
   may go side by side and in any order. A part that failed is sent again, with a new URL once the old one has expired
   (403); 400 says that it arrived damaged; after 404 begin again at 2. Without sha256 nobody notices damage.
4. `POST url/complete {"parts": [{"number": 1, "etag": "..."}, ...]}` with every part: 200 when the file is there, 202
   while the store puts it together (repeat), 422 naming the parts that are missing or wrong. Repeating it is safe.
By tus send PATCHes of part_size_bytes with `Upload-Checksum: sha256 ...`: one that is damaged is refused with 460.
To resume, on whatever day before expires_at: 2. `DELETE url` gives up. 503 says that the store is away: try again after
the seconds of Retry-After.
"""

from ninja import Router, Status

from eduvideo.accounts.auth import AuthedRequest, signed_in
from eduvideo.uploads import multipart
from eduvideo.uploads.access import get_upload_for
from eduvideo.uploads.parts import ToldPart
from eduvideo.uploads.schemas import CompleteIn, PartsIn, SignedPartsOut, StorageOut, UploadDetail

# HEAD, PATCH and DELETE of /uploads/{id} are in asgi.py; frontend/src/upload/multipart.ts is a program that uploads.
router = Router(tags=["uploads"], auth=signed_in)


@router.get("/uploads/{public_id}", response=UploadDetail, description=__doc__)
def get_upload(request: AuthedRequest, public_id: str) -> UploadDetail:
    upload = get_upload_for(request.user, public_id)
    found = multipart.arrived(upload)
    return UploadDetail.of(upload, found)


@router.post("/uploads/{public_id}/parts", response=SignedPartsOut)
def sign_parts(request: AuthedRequest, public_id: str, body: PartsIn) -> SignedPartsOut:
    """Give URLs that the bytes of these parts are PUT to, with the headers told and no other one of ours."""
    upload = get_upload_for(request.user, public_id)
    return SignedPartsOut.of(multipart.sign_parts(upload, body.numbers, sha256=body.sha256))


@router.post("/uploads/{public_id}/complete", response={200: UploadDetail, 202: UploadDetail})
def complete_upload(request: AuthedRequest, public_id: str, body: CompleteIn) -> Status[UploadDetail]:
    """Make the file of all its parts; 202 while the store is still at it. Repeating it changes nothing."""
    upload = get_upload_for(request.user, public_id)
    found = multipart.complete(upload, [ToldPart(part.number, part.etag) for part in body.parts])
    return Status(202 if found.is_completing else 200, UploadDetail.of(upload, found))


@router.get("/storage", response=StorageOut)
def get_storage(request: AuthedRequest) -> StorageOut:
    """Tell how much room one's recordings take and may take: one's own, and those of each organization."""
    return StorageOut.of(request.user)
