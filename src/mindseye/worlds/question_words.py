"""How the questions are worded; the marks and capitals of typed text come later."""

from __future__ import annotations

Templates = dict[str, tuple[str, ...]]

WHAT_ALL = {
    "en": ("what is in the picture", "what is in this image", "what things are there"),
    "zh": ("图里有什么", "图片里有什么"),
}
WHAT = {"en": ("what is {at}", "what is there {at}"), "zh": ("{at}有什么", "{at}是什么")}
WHERE = {"en": ("where is {the}",), "zh": ("{the}在哪里", "{the}在哪儿")}
COUNT = {
    "en": ("{how_many} are there", "{how_many} do you see", "{how_many} are in the picture"),
    "zh": ("有{how_many}", "图里有{how_many}"),
}
COLOUR = {
    "en": ("what colour is the background", "what color is the background"),
    "zh": ("背景是什么颜色", "背景什么颜色"),
}
IS_THERE = {
    "en": ("is there {one}", "is there {one} in the picture", "do you see {one}"),
    "zh": ("有{one}吗", "图里有{one}吗"),
}
IS_COLOUR = {"en": ("is the background {colour}",), "zh": ("背景是{colour}吗",)}
IS_BESIDE = {
    "en": ("is {first} {relation} {second}",),
    "zh": ("{first}在{second}的{relation}吗", "{first}在{second}{relation}吗"),
}
WHAT_BESIDE = {
    "en": ("what is {relation} {second}",),
    "zh": ("{second}的{relation}是什么", "{second}{relation}是什么"),
}
LEFT_OR_RIGHT: Templates = {
    "en": ("is {first} left or right of {second}", "is {first} to the left or to the right of {second}"),
    "zh": ("{first}在{second}的左边还是右边",),
}
ABOVE_OR_BELOW: Templates = {"en": ("is {first} above or below {second}",), "zh": ("{first}在{second}的上面还是下面",)}

YES_NO = {"en": ("yes", "no"), "zh": ("是", "不是")}
HAS_NOT = {"en": ("yes", "no"), "zh": ("有", "没有")}
ALSO_YES = {"en": (), "zh": ("是", "是的", "有", "对")}
ALSO_NO = {"en": (), "zh": ("不是", "没有", "不", "不对")}
