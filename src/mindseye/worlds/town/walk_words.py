"""How steps of a walk and questions about it are worded: for training, then validation, then the test."""

from __future__ import annotations

from .voice import Wordings

FORWARD: Wordings = {
    "en": (
        "step forward",
        "go one step forward",
        "one step forward",
        "go forward",
        "go straight on one step",
        "move one step forward",
        "walk on one step",
        "take a step ahead",
    ),
    "zh": (
        "向前走一步",
        "往前走一步",
        "往前一步",
        "向前一步",
        "向前走",
        "往前迈一步",
        "朝前迈一步",
        "前进一步",
        "往前移一步",
    ),
}
SIDE: Wordings = {
    "en": (
        "step to the {way}",
        "go one step to the {way}",
        "one step to the {way}",
        "take a step {way}",
        "go {way} one step",
        "step {way}",
        "sidestep to the {way}",
        "move one step {way}",
        "go to the {way} one step",
    ),
    "zh": (
        "向{way}走一步",
        "往{way}走一步",
        "往{way}移一步",
        "向{way}移一步",
        "{way}走一步",
        "往{way}迈一步",
        "朝{way}迈一步",
        "{way}移一步",
        "往{way}边走一步",
    ),
}
TURN: Wordings = {
    "en": (
        "turn to the {way}",
        "look to the {way}",
        "turn {way}",
        "look {way}",
        "turn round to the {way}",
        "turn your head to the {way}",
        "face {way}",
        "look round to the {way}",
        "now turn {way}",
    ),
    "zh": ("向{way}转", "向{way}看", "{way}转", "往{way}看", "往{way}转", "朝{way}面转", "头转向{way}", "转向{way}"),
}
IN_WAY: Wordings = {
    "en": (
        "what is in the way",
        "what stands in the way",
        "what is ahead of me",
        "what stops me",
        "which thing is in the way",
        "what is right in the way",
        "what do I meet if I go on",
        "what blocks my way",
        "what stands right ahead of me",
        "what is it that stops me",
    ),
    "zh": (
        "什么挡着路",
        "前面有什么挡路",
        "前面是什么",
        "什么在前面",
        "有什么挡着",
        "哪个东西挡着路",
        "往前走会碰到什么",
        "路被什么挡住",
    ),
}
CLEAR: Wordings = {
    "en": (
        "is the way clear",
        "is the way ahead clear",
        "can I go on",
        "is the way free",
        "is it clear ahead",
        "can I walk on",
        "can I take two steps",
        "may I walk on two steps",
        "is the way ahead free",
        "is it free ahead",
    ),
    "zh": (
        "路通吗",
        "前面的路通吗",
        "能走吗",
        "前面通吗",
        "可以走吗",
        "路上没东西吗",
        "能走两步吗",
        "可以往前走两步吗",
    ),
}
BESIDE: Wordings = {
    "en": (
        "what is on the {way}",
        "what stands on my {way}",
        "what stands on the {way}",
        "what is to my {way}",
        "which thing is on the {way}",
        "what do you see on the {way}",
        "what do I see on the {way}",
        "name what is on my {way}",
    ),
    "zh": (
        "{way}边有什么",
        "我的{way}边是什么",
        "{way}边是什么",
        "{way}边看到什么",
        "我{way}边有什么",
        "{way}边能看到什么",
        "说出{way}边的东西",
    ),
}
FAR: Wordings = {
    "en": (
        "is {the} near or far",
        "is {the} near me or far away",
        "is {the} far or near",
        "how near is {the}: near or far",
        "does {the} stand near or far",
        "how far is {the}, near or far",
        "{the}: near or far",
    ),
    "zh": (
        "{the}近还是远",
        "{the}离我近还是远",
        "{the}是近还是远",
        "{the}离得近还是远",
        "{the}远还是近",
        "{the}有多远，近还是远",
        "{the}在近处还是远处",
        "{the}：近还是远",
    ),
}
KERB: Wordings = {
    "en": (
        "is there a kerb",
        "is there a kerb ahead",
        "do you see a kerb",
        "is a kerb ahead",
        "is there a kerb on the way",
        "must I mind a kerb",
        "is there a kerb before me",
        "does a kerb come",
    ),
    "zh": (
        "有路沿吗",
        "前面有路沿吗",
        "有没有路沿",
        "看到路沿吗",
        "路上有路沿吗",
        "会遇到路沿吗",
        "要小心路沿吗",
        "前面会有路沿吗",
    ),
}
HIDDEN: Wordings = {
    "en": (
        "what is behind {the}",
        "what is hidden behind {the}",
        "what stands behind {the}",
        "which thing is behind {the}",
        "what was behind {the}",
        "what does {the} hide",
        "what do you find behind {the}",
        "what stands there behind {the}",
    ),
    "zh": (
        "{the}后面有什么",
        "{the}后面藏着什么",
        "{the}后面是什么",
        "{the}后面是哪个东西",
        "{the}后边有什么",
        "{the}挡住了什么",
        "{the}的后面是什么",
    ),
}
