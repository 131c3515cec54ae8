"""HTTP of study material."""

from ninja import Router, Schema, Status
from pydantic import Field

from eduvideo.accounts.auth import AuthedRequest, ViewerRequest, signed_in
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.study import queries, services
from eduvideo.study.guide import guide_html

router = Router(tags=["study"])

LONGEST_MS = 100 * 3_600_000


class StudyGuideIn(Schema):
    markdown: str


class StudyGuideOut(Schema):
    markdown: str
    html: str


class ProgressIn(Schema):
    position_ms: int = Field(ge=0, le=LONGEST_MS)


@router.get("/videos/{public_id}/study-guide", response=StudyGuideOut)
def get_study_guide(request: ViewerRequest, public_id: str) -> StudyGuideOut:
    """Show a lesson's study guide, as written and as safe HTML."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    markdown = queries.study_guide_of(video)
    return StudyGuideOut(markdown=markdown, html=guide_html(markdown))


@router.put("/videos/{public_id}/study-guide", response=StudyGuideOut, auth=signed_in)
def put_study_guide(request: AuthedRequest, public_id: str, body: StudyGuideIn) -> StudyGuideOut:
    """Set a lesson's study guide."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    guide = services.set_study_guide(video, markdown=body.markdown)
    return StudyGuideOut(markdown=guide.markdown, html=guide_html(guide.markdown))


@router.post("/videos/{public_id}/study-guide", response={201: StudyGuideOut}, auth=signed_in)
def post_study_guide(request: AuthedRequest, public_id: str, body: StudyGuideIn) -> Status[StudyGuideOut]:
    """Set a lesson's study guide, as PUT does."""
    return Status(201, put_study_guide(request, public_id, body))


@router.delete("/videos/{public_id}/study-guide", response={204: None}, auth=signed_in)
def delete_study_guide(request: AuthedRequest, public_id: str) -> Status[None]:
    """Empty a lesson's study guide."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    services.set_study_guide(video, markdown="")
    return Status(204, None)


@router.put("/videos/{public_id}/progress", response={204: None}, auth=signed_in)
def put_progress(request: AuthedRequest, public_id: str, body: ProgressIn) -> Status[None]:
    """Remember where I am in a lesson, to go on there. A player says so every ten seconds, and when it stops."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    services.save_progress(video, user=request.user, position_ms=body.position_ms)
    return Status(204, None)
