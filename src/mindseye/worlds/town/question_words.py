"""How the questions are worded: for training, then the one of validation, then the one of the test."""

from __future__ import annotations

from .voice import Wordings

NAME: Wordings = {
    "en": ("what is this", "what is it", "what do you see here", "which thing is this", "name this thing"),
    "zh": ("这是什么", "这是什么东西", "图里是什么", "这叫什么", "说出这个东西的名字"),
}
WHAT_ALL: Wordings = {
    "en": ("what is in the picture", "what is in this image", "what things are there", "what can be seen"),
    "zh": ("图里有什么", "图片里有什么", "画面里有什么", "能看到什么"),
}
WHAT: Wordings = {
    "en": ("what is {at}", "what is there {at}", "which thing is {at}", "tell me what is {at}"),
    "zh": ("{at}有什么", "{at}是什么", "{at}是什么东西", "说说{at}有什么"),
}
WHERE: Wordings = {
    "en": ("where is {the}", "where do you see {the}", "in which place is {the}", "where can I find {the}"),
    "zh": ("{the}在哪里", "{the}在哪儿", "{the}在什么位置", "哪里有{the}"),
}
COUNT: Wordings = {
    "en": ("{how_many} are there", "{how_many} do you see", "{how_many} are shown", "count: {how_many}"),
    "zh": ("有{how_many}", "图里有{how_many}", "一共有{how_many}", "数一数有{how_many}"),
}
COLOUR: Wordings = {
    "en": (
        "what colour is the background",
        "what color is the background",
        "which colour is behind {the}",
        "what is the colour of the background",
    ),
    "zh": ("背景是什么颜色", "背景什么颜色", "{the}后面是什么颜色", "底色是什么"),
}
PLACE: Wordings = {
    "en": ("where was this", "which place is this", "what place is shown with {the}", "at which place is {the}"),
    "zh": ("这是什么地方", "这是哪里", "{the}在什么地方", "图里是什么地方"),
}
IS_THERE: Wordings = {
    "en": ("is there {one}", "do you see {one}", "is {one} shown", "can you see {one}"),
    "zh": ("有{bare}吗", "图里有{bare}吗", "能看到{bare}吗", "有没有{bare}"),
}
IS_BESIDE: Wordings = {
    "en": (
        "is {first} {relation} {second}",
        "do you see {first} {relation} {second}",
        "is it true that {first} is {relation} {second}",
        "can you see {first} {relation} {second}",
    ),
    "zh": (
        "{first}在{second}的{relation}吗",
        "{first}在{second}{relation}吗",
        "{first}是不是在{second}的{relation}",
        "{second}的{relation}有{first}吗",
    ),
}
WHAT_BESIDE: Wordings = {
    "en": (
        "what is {relation} {second}",
        "which thing is {relation} {second}",
        "what do you see {relation} {second}",
        "what stands {relation} {second}",
    ),
    "zh": (
        "{second}的{relation}是什么",
        "{second}的{relation}有什么",
        "{second}{relation}是什么",
        "在{second}{relation}的是什么",
    ),
}
LEFT_OR_RIGHT: Wordings = {
    "en": (
        "is {first} left or right of {second}",
        "is {first} to the left or to the right of {second}",
        "on which side of {second} is {first}",
        "seen from {second}, is {first} left or right",
    ),
    "zh": (
        "{first}在{second}的左边还是右边",
        "{first}在{second}左边还是右边",
        "{first}在{second}的哪一边",
        "{second}的左边还是右边有{first}",
    ),
}
ABOVE_OR_BELOW: Wordings = {
    "en": (
        "is {first} above or below {second}",
        "does {first} stand above or below {second}",
        "is {first} higher or lower, above or below {second}",
        "seen from {second}, is {first} above or below",
    ),
    "zh": (
        "{first}在{second}的上面还是下面",
        "{first}在{second}上面还是下面",
        "{first}在{second}的上方还是下方，上面还是下面",
        "{second}的上面还是下面有{first}",
    ),
}
BIGGER: Wordings = {
    "en": (
        "which is bigger, {first} or {second}",
        "what is bigger: {first} or {second}",
        "{first} or {second}: which is bigger",
        "which of the two is bigger, {first} or {second}",
    ),
    "zh": (
        "{first}和{second}哪个大",
        "{first}和{second}哪个更大",
        "{first}大还是{second}大",
        "哪个更大，{first}还是{second}",
    ),
}
STYLE: Wordings = {
    "en": ("in which style is it drawn", "which style is this", "what style is {the} drawn in", "name the style"),
    "zh": ("这是什么风格", "用什么风格画的", "{the}是什么风格", "说出画的风格"),
}

YES_NO = {"en": ("yes", "no"), "zh": ("是", "不是")}
HAS_NOT = {"en": ("yes", "no"), "zh": ("有", "没有")}
ALSO_YES = {"en": (), "zh": ("是", "是的", "有", "对", "会", "能")}
ALSO_NO = {"en": (), "zh": ("不是", "没有", "不", "不对", "不会", "不能")}
