"""How the questions are worded: for training, then the one of validation, then the one of the test."""

from __future__ import annotations

from .voice import Wordings

NAME: Wordings = {
    "en": (
        "what is this",
        "what is it",
        "what do you see here",
        "what can this be",
        "tell me what this is",
        "say what it is",
        "what do we have here",
        "what thing do you see",
        "which thing is this",
        "name this thing",
    ),
    "zh": (
        "这是什么",
        "这是什么东西",
        "图里是什么",
        "告诉我这是什么",
        "说说看这是什么",
        "看到的是什么",
        "这个东西是什么",
        "你看这是什么",
        "说出这个东西的名字",
        "这叫什么",
        "请问这是什么",
    ),
}
WHAT_ALL: Wordings = {
    "en": (
        "what is in the picture",
        "what is in this image",
        "what do you see in the picture",
        "which things are in the picture",
        "name all that is in the picture",
        "tell me what is in the picture",
        "list the things",
        "what things are there",
        "what can be seen",
    ),
    "zh": (
        "图里有什么",
        "图片里有什么",
        "图中有什么",
        "图里有哪些东西",
        "说说图里有什么",
        "告诉我图里有什么",
        "列出所有东西",
        "画面里有什么",
        "能看到什么",
    ),
}
WHAT: Wordings = {
    "en": (
        "what is {at}",
        "what is there {at}",
        "what do you see {at}",
        "what stands {at}",
        "name the thing {at}",
        "can you say what is {at}",
        "which thing is {at}",
        "tell me what is {at}",
    ),
    "zh": (
        "{at}有什么",
        "{at}是什么",
        "{at}有什么东西",
        "{at}能看到什么",
        "{at}那里是什么",
        "告诉我{at}有什么",
        "{at}是什么东西",
        "说说{at}有什么",
    ),
}
WHERE: Wordings = {
    "en": (
        "where is {the}",
        "where do you see {the}",
        "tell me where {the} is",
        "whereabouts is {the}",
        "where does {the} stand",
        "say where {the} is",
        "in which part of the picture is {the}",
        "say where I see {the}",
        "where can I find {the}",
    ),
    "zh": (
        "{the}在哪里",
        "{the}在哪儿",
        "告诉我{the}在哪里",
        "{the}在图里哪一块",
        "{the}位于哪里",
        "说说{the}在哪里",
        "{the}在什么位置",
        "请问{the}在哪里",
        "哪里有{the}",
    ),
}
COUNT: Wordings = {
    "en": (
        "{how_many} are there",
        "{how_many} do you see",
        "tell me {how_many} there are",
        "{how_many} can be seen",
        "{how_many} are in the picture",
        "{how_many} can you find",
        "count: {how_many}",
        "{how_many} are shown",
        "say {how_many} there are",
    ),
    "zh": (
        "有{how_many}",
        "图里有{how_many}",
        "能看到{how_many}",
        "图中有{how_many}",
        "告诉我有{how_many}",
        "请问有{how_many}",
        "一共有{how_many}",
        "数一数有{how_many}",
        "图里能看到{how_many}",
        "说说有{how_many}",
    ),
}
COLOUR: Wordings = {
    "en": (
        "what colour is the background",
        "what color is the background",
        "which colour is the background",
        "tell me the colour behind it",
        "what colour is behind it all",
        "in what colour is the background",
        "which colour is behind {the}",
        "what is the colour of the background",
    ),
    "zh": (
        "背景是什么颜色",
        "背景什么颜色",
        "背景是哪种颜色",
        "后面是什么颜色",
        "背景的颜色是什么",
        "告诉我背景颜色",
        "底色是什么",
        "{the}后面是什么颜色",
        "背景的颜色是哪种",
    ),
}
PLACE: Wordings = {
    "en": (
        "where was this",
        "which place is this",
        "which place do you see",
        "where are we",
        "what sort of place is it",
        "name the place",
        "what place is shown with {the}",
        "at which place is {the}",
    ),
    "zh": (
        "这是什么地方",
        "这是哪里",
        "这里是哪里",
        "图里是哪里",
        "说出这个地方",
        "这是哪个地方",
        "{the}在什么地方",
        "图里是什么地方",
    ),
}
IS_THERE: Wordings = {
    "en": (
        "is there {one}",
        "do you see {one}",
        "is there {one} in the picture",
        "is {one} there",
        "does the picture show {one}",
        "do you find {one}",
        "is {one} shown",
        "can you see {one}",
    ),
    "zh": (
        "有{bare}吗",
        "图里有{bare}吗",
        "看得到{bare}吗",
        "图中有{bare}吗",
        "画面里有{bare}吗",
        "这里有{bare}吗",
        "能看到{bare}吗",
        "有没有{bare}",
    ),
}
IS_BESIDE: Wordings = {
    "en": (
        "is {first} {relation} {second}",
        "do you see {first} {relation} {second}",
        "does {first} stand {relation} {second}",
        "is it so that {first} is {relation} {second}",
        "would you say {first} is {relation} {second}",
        "do we find {first} {relation} {second}",
        "is it true that {first} is {relation} {second}",
        "can it be that {first} is {relation} {second}",
        "can you see {first} {relation} {second}",
    ),
    "zh": (
        "{first}在{second}的{relation}吗",
        "{first}在{second}{relation}吗",
        "{first}在{second}的{relation}，对吗",
        "{first}位于{second}的{relation}吗",
        "请问{first}在{second}{relation}吗",
        "{first}是不是在{second}的{relation}",
        "{second}的{relation}有{first}吗",
    ),
}
WHAT_BESIDE: Wordings = {
    "en": (
        "what is {relation} {second}",
        "which thing is {relation} {second}",
        "name what is {relation} {second}",
        "tell me what is {relation} {second}",
        "what can be seen {relation} {second}",
        "what do you see {relation} {second}",
        "what stands {relation} {second}",
    ),
    "zh": (
        "{second}的{relation}是什么",
        "{second}的{relation}有什么",
        "{second}{relation}有什么",
        "说出{second}{relation}的东西",
        "告诉我{second}的{relation}有什么",
        "{second}{relation}是什么",
        "在{second}{relation}的是什么",
    ),
}
LEFT_OR_RIGHT: Wordings = {
    "en": (
        "is {first} left or right of {second}",
        "is {first} to the left or to the right of {second}",
        "does {first} stand left or right of {second}",
        "tell me whether {first} is left or right of {second}",
        "where is {first}, left or right of {second}",
        "is {first} on the left or on the right of {second}",
        "on which side of {second} is {first}",
        "seen from {second}, is {first} left or right",
    ),
    "zh": (
        "{first}在{second}的左边还是右边",
        "{first}在{second}左边还是右边",
        "{first}是在{second}的左边还是右边",
        "请问{first}在{second}的左边还是右边",
        "{first}位于{second}的左边还是右边",
        "{first}在{second}的哪一边",
        "{second}的左边还是右边有{first}",
    ),
}
ABOVE_OR_BELOW: Wordings = {
    "en": (
        "is {first} above or below {second}",
        "does {first} stand above or below {second}",
        "tell me whether {first} is above or below {second}",
        "where is {first}, above or below {second}",
        "is {first} seen above or below {second}",
        "is {first} higher or lower, above or below {second}",
        "is {first} to be seen above or below {second}",
        "seen from {second}, is {first} above or below",
    ),
    "zh": (
        "{first}在{second}的上面还是下面",
        "{first}在{second}上面还是下面",
        "{first}是在{second}的上面还是下面",
        "请问{first}在{second}的上面还是下面",
        "{first}位于{second}的上面还是下面",
        "{first}在{second}的上方还是下方，上面还是下面",
        "{second}的上面还是下面有{first}",
    ),
}
BIGGER: Wordings = {
    "en": (
        "which is bigger, {first} or {second}",
        "what is bigger: {first} or {second}",
        "is {first} or {second} bigger",
        "tell me which is bigger, {first} or {second}",
        "which one is bigger: {first} or {second}",
        "what looks bigger, {first} or {second}",
        "{first} or {second}: which is bigger",
        "which of the two is bigger, {first} or {second}",
    ),
    "zh": (
        "{first}和{second}哪个大",
        "{first}和{second}哪个更大",
        "{first}和{second}比，哪个大",
        "是{first}大还是{second}大",
        "请问{first}和{second}哪个更大",
        "{first}大还是{second}大",
        "哪个更大，{first}还是{second}",
    ),
}
STYLE: Wordings = {
    "en": (
        "in which style is it drawn",
        "which style is this",
        "what style is this",
        "which style is used",
        "tell me the style",
        "in what style was it drawn",
        "what style is {the} drawn in",
        "name the style",
    ),
    "zh": (
        "这是什么风格",
        "用什么风格画的",
        "这张图是什么风格",
        "画的是什么风格",
        "用的是什么风格",
        "告诉我风格",
        "{the}是什么风格",
        "说出画的风格",
    ),
}

YES_NO = {"en": ("yes", "no"), "zh": ("是", "不是")}
HAS_NOT = {"en": ("yes", "no"), "zh": ("有", "没有")}
ALSO_YES = {"en": (), "zh": ("是", "是的", "有", "对", "会", "能")}
ALSO_NO = {"en": (), "zh": ("不是", "没有", "不", "不对", "不会", "不能")}
