"""How creators choose a subject and a grade: groups, and the words by which a choice is found."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID

# Chinese and English names whatever the page's language, and the initials of the Chinese one's pinyin.
SUBJECT_WORDS = {
    "chinese": "语文 chinese yw", "mathematics": "数学 mathematics maths sx", "english": "英语 english yy",
    "physics": "物理 physics wl", "chemistry": "化学 chemistry hx", "biology": "生物 biology sw",
    "history": "历史 history ls", "geography": "地理 geography dl", "politics": "政治 道德与法治 politics zz",
    "science": "科学 science kx", "computing": "信息技术 计算机 computing programming xxjs jsj",
    "art": "美术 art ms", "music": "音乐 music yl", "pe": "体育 physical education sport pe ty",
    "languages": "外语 小语种 languages wy xyz", "economics": "经济 economics jj",
    "psychology": "心理 psychology xl", "engineering": "工程 engineering gc", "medicine": "医学 medicine yx",
    "law": "法律 法学 law fl fx", "other": "其他 other qt",
}  # fmt: skip
GRADE_WORDS = {
    "k": "幼儿园 kindergarten yey", "1": "小学一年级 grade 1 first yinianji ynj", "2": "小学二年级 grade 2 second enj",
    "3": "小学三年级 grade 3 third snj", "4": "小学四年级 grade 4 fourth snj", "5": "小学五年级 grade 5 fifth wnj",
    "6": "小学六年级 grade 6 sixth lnj", "7": "初一 七年级 grade 7 cy qnj", "8": "初二 八年级 grade 8 ce bnj",
    "9": "初三 九年级 grade 9 cs jnj", "10": "高一 grade 10 gy", "11": "高二 grade 11 ge", "12": "高三 grade 12 gs",
    "undergraduate": "本科 大学 undergraduate university bk dx", "postgraduate": "研究生 postgraduate yjs",
    "adult": "成人 终身学习 adult learning cr zsxx",
}  # fmt: skip
SUBJECT_GROUPS = (
    (_("School"), ("chinese", "mathematics", "english", "physics", "chemistry", "biology", "history", "geography",
                   "politics", "science", "computing", "art", "music", "pe")),
    (_("University and work"), ("languages", "economics", "psychology", "engineering", "medicine", "law")),
    (_("Everything else"), ("other",)),
)  # fmt: skip
GRADE_GROUPS = (
    (_("Primary"), ("k", "1", "2", "3", "4", "5", "6")),
    (_("Middle school"), ("7", "8", "9")),
    (_("High school"), ("10", "11", "12")),
    (_("After school"), ("undergraduate", "postgraduate", "adult")),
)

Choices = list[tuple[Any, Any]]  # a value with its name, or a group's name with its choices


def subject_choices() -> Choices:
    groups = [(group, [(key, SUBJECT_BY_ID[key].name) for key in keys]) for group, keys in SUBJECT_GROUPS]
    return [("", _("Choose")), *groups]


def grade_choices() -> Choices:
    groups = [(group, [(key, GRADE_BY_ID[key].name) for key in keys]) for group, keys in GRADE_GROUPS]
    return [("", _("Choose")), *groups]


class Picker(forms.Select):
    """A select that the page's script lets one search by typing."""

    def __init__(self, *args: Any, find: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._find = find

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Give an option the words by which it is found."""
        option = super().create_option(name, value, *args, **kwargs)
        if words := self._find.get(str(value)):
            option["attrs"]["data-find"] = words
        return option

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        return mark_safe(f"<edu-picker>{super().render(*args, **kwargs)}</edu-picker>")  # noqa: S308 - a template's
