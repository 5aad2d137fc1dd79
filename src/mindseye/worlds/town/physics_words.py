"""How the actions of everyday physics are told, and the question about what has come of each.

As everywhere, the last wording is the test's own and the last but one that of validation.
"""

from __future__ import annotations

from .voice import Wordings

ACTIONS: dict[str, Wordings] = {
    "cloth": {
        "en": (
            "pull the cloth away",
            "pull the tablecloth away under {the}",
            "take the cloth from the table quickly",
            "the tablecloth is pulled away",
        ),
        "zh": ("把桌布抽走", "从{the}下面抽走桌布", "很快地拿走桌布", "桌布被抽走了"),
    },
    "edge": {
        "en": (
            "push {the} over the edge",
            "push {the} off the shelf",
            "let {the} fall from the shelf",
            "{the} falls off",
        ),
        "zh": ("把{the}推下去", "把{the}从架子上推下去", "让{the}从架子上掉下", "{the}掉下去了"),
    },
    "slope": {
        "en": ("let {the} go", "let go of {the} on the slope", "stop holding {the}", "{the} is not held any more"),
        "zh": ("放开{the}", "在斜坡上放开{the}", "不再扶着{the}", "没有人扶着{the}了"),
    },
    "wind": {
        "en": ("the wind blows", "the wind blows at {the}", "a strong wind comes up", "it is storming"),
        "zh": ("刮风了", "风吹向{the}", "起了大风", "来了一阵暴风"),
    },
    "light": {
        "en": ("the wind blows", "the wind blows at {the}", "a strong wind comes up", "it is storming"),
        "zh": ("刮风了", "风吹向{the}", "起了大风", "来了一阵暴风"),
    },
    "sun": {
        "en": (
            "the sun shines for an hour",
            "leave {the} in the sun",
            "wait for an hour in the sun",
            "it is a hot day",
        ),
        "zh": ("太阳晒一个小时", "把{the}放在太阳下", "在太阳下等一个小时", "天气很热"),
    },
    "needle": {
        "en": ("push the needle into {the}", "prick {the} with the needle", "the needle comes to {the}", "poke {the}"),
        "zh": ("用针扎{the}", "把针扎向{the}", "针碰到{the}", "戳一下{the}"),
    },
    "alone": {
        "en": (
            "leave {eater} alone with {the}",
            "leave {eater} and {the} alone",
            "nobody looks after {eater} and {the}",
            "go away and let {eater} be with {the}",
        ),
        "zh": (
            "让{eater}和{the}单独待着",
            "留下{eater}和{the}",
            "没有人看着{eater}和{the}",
            "走开，只留{eater}和{the}",
        ),
    },
    "rain": {
        "en": ("it rains", "it rains on {the}", "the rain comes down", "a shower comes over {the}"),
        "zh": ("下雨了", "雨落在{the}上", "下起了雨", "一场雨淋到{the}"),
    },
    "magnet": {
        "en": (
            "hold the magnet towards {the}",
            "hold the magnet to {the}",
            "use the magnet on {the}",
            "try the magnet",
        ),
        "zh": ("把磁铁对着{the}", "用磁铁吸{the}", "对{the}用磁铁", "试试磁铁"),
    },
    "water": {
        "en": ("drop {the} into the water", "let {the} fall into the water", "throw {the} in", "{the} falls in"),
        "zh": ("把{the}放进水里", "让{the}掉进水里", "把{the}扔进去", "{the}落水了"),
    },
    "bump": {
        "en": ("{the} bumps into it", "let {the} bump into it", "push {the} against it", "{the} runs into it"),
        "zh": ("{the}撞上去", "让{the}撞上去", "把{the}推过去", "{the}碰上去了"),
    },
    "hammer": {
        "en": (
            "strike {the} with the hammer",
            "hit {the} with the hammer",
            "use the hammer on {the}",
            "the hammer falls",
        ),
        "zh": ("用锤子敲{the}", "用锤子打{the}", "对{the}用锤子", "锤子落下"),
    },
}
_WHOLE: Wordings = {
    "en": ("is {the} whole", "is {the} still whole", "is {the} in one piece", "is {the} undamaged"),
    "zh": ("{the}完好吗", "{the}还完好吗", "{the}是完整的吗", "{the}没有坏吗"),
}
_BURNS: Wordings = {
    "en": ("does {the} still shine", "is {the} still bright", "is there still light", "does {the} still give light"),
    "zh": ("{the}还亮吗", "{the}还发光吗", "还有光吗", "{the}还在发亮吗"),
}
_STILL_THERE: Wordings = {
    "en": ("is {the} still there", "is {the} left", "do you still see {the}", "has {the} stayed"),
    "zh": ("{the}还在吗", "还有{the}吗", "还能看到{the}吗", "{the}留下了吗"),
}
QUESTIONS: dict[str, Wordings] = {
    "cloth": _WHOLE,
    "edge": _WHOLE,
    "needle": _WHOLE,
    "hammer": _WHOLE,
    "light": _BURNS,
    "alone": _STILL_THERE,
    "slope": {
        "en": ("is {the} at the bottom", "does {the} lie at the bottom", "is {the} down", "has {the} gone down"),
        "zh": ("{the}在坡下吗", "{the}在下面吗", "{the}到坡底了吗", "{the}下去了吗"),
    },
    "wind": {
        "en": (
            "does {the} stand where it was",
            "is {the} where it was",
            "has {the} stayed",
            "is {the} at its old place",
        ),
        "zh": ("{the}还在原处吗", "{the}在原来的地方吗", "{the}没动吗", "{the}留在原地吗"),
    },
    "sun": {
        "en": ("has {the} melted", "is {the} molten", "is {the} a puddle", "has {the} become liquid"),
        "zh": ("{the}化了吗", "{the}融化了吗", "{the}成了水吗", "{the}化成水了吗"),
    },
    "rain": {
        "en": ("is {the} as before", "is {the} the same", "is {the} like before the rain", "has {the} stayed the same"),
        "zh": ("{the}和以前一样吗", "{the}没有变吗", "{the}像下雨前一样吗", "{the}还是老样子吗"),
    },
    "magnet": {
        "en": (
            "does {the} hang on the magnet",
            "is {the} at the magnet",
            "does it pull {the}",
            "does {the} stick to it",
        ),
        "zh": ("{the}在磁铁上吗", "{the}被吸住了吗", "它吸{the}吗", "{the}粘住了吗"),
    },
    "water": {
        "en": ("does {the} float", "does {the} swim on top", "is {the} on the water", "does {the} stay up"),
        "zh": ("{the}浮着吗", "{the}浮在水面吗", "{the}在水面上吗", "{the}没有沉吗"),
    },
    "bump": {
        "en": ("does it still stand", "is all still standing", "has it stayed up", "is it upright"),
        "zh": ("它还立着吗", "都还立着吗", "没有倒吗", "它是直立的吗"),
    },
}
