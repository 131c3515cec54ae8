"""The lessons of a small school, in two languages, and twelve more to be counted."""

from search.documents import Cue, Document, Mark
from search.engines import open_engine

SUBJECTS, GRADES, CREATORS = ("physics", "music"), ("8", "9", "10"), ("ann", "bob", "eve")


def lesson(key: str, title: str, *, at: str = "", chapter: str = "", **more: object) -> Document:
    """Return a lesson with one caption at 65 s and one chapter at 30 s."""
    captions = (
        (Cue(start_ms=1000, end_ms=3000, text="同学们好"), Cue(start_ms=65_000, end_ms=69_000, text=at)) if at else ()
    )
    chapters = (Mark(start_ms=30_000, title=chapter),) if chapter else ()
    return Document.model_validate({"id": key, "title": title, "captions": captions, "chapters": chapters, **more})


def tides(number: int) -> Document:
    """Return one of the lessons that facets are counted of; the last is for a school alone."""
    return Document(
        id=f"tides{number:02}",
        title="Tides",
        subject=SUBJECTS[number % 2],
        grade=GRADES[number % 3],
        language="en" if number % 4 else "zh",
        creator=CREATORS[number % 3],
        duration_s=(0, 100, 600, 2000, 5000)[number % 5],
        captions=(Cue(start_ms=0, end_ms=900, text="low water"),) if number % 2 else (),
        audience=("school-1", "school-2") if number == 11 else (),
    )


TIDES = [tides(number) for number in range(12)]
LESSONS = [
    lesson("parabola", "二次函数的图像", at="用配方法求顶点", chapter="对称轴", subject="mathematics", grade="9", language="zh"),
    lesson("trig", "三角函数", subject="mathematics", grade="10", language="zh", published_s=3),
    lesson("buoyancy", "浮力与压强", subject="physics", grade="8", language="zh", published_s=2),
    lesson("circuits", "串聯與並聯的電路圖", at="電流和電阻", subject="physics", grade="9", language="zh"),
    lesson("refraction", "Refraction of light", at="the angle of incidence", subject="physics", grade="8", language="en"),
    lesson("fractions", "Comparing Fractions", at="half of 力", subject="mathematics", grade="3", language="en"),
    lesson("plants", "Photosynthesis in plants", description="Leaves turn light into sugar", subject="biology", grade="7", language="en"),
    lesson("water", "Water, or H₂O", description="x² and sin(x)", study_guide="Élan", subject="chemistry", grade="9", language="en"),
    lesson("secret", "Zymurgy secrets 密碼學", description="fermentatoin", subject="other", grade="adult", creator="mallory", audience=("school-1",)),
    *TIDES,
]  # fmt: skip


def write_many(place: str, start: int, count: int) -> None:
    """Write lessons one by one, as a process of its own does."""
    engine = open_engine(place)
    for number in range(start, start + count):
        engine.upsert([Document(id=str(number), title=f"Waves {number}")])
    engine.close()
