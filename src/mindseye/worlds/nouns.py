"""The fifty nouns of the world: their English and Chinese words, their kind and their drawing."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError, nearest


@dataclass(frozen=True)
class Kind:
    """A word for many nouns: `every` follows "all", `measure` is the Chinese measure word."""

    name: str
    plural: str
    every: str
    zh: str
    measure: str


@dataclass(frozen=True)
class Noun:
    """One noun and the icon that draws it; `measure` is the Chinese measure word."""

    name: str
    plural: str
    zh: str
    measure: str
    kind: str
    icon: str


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("animal", "animals", "animals", "动物", "只"),
        Kind("fruit", "fruits", "fruit", "水果", "个"),
        Kind("vehicle", "vehicles", "vehicles", "交通工具", "个"),
        Kind("tool", "tools", "tools", "工具", "个"),
        Kind("person", "people", "people", "人", "个"),
        Kind("thing", "things", "things", "东西", "个"),
    )
}
"""`thing` is the kind of every noun as well as of those that have no narrower kind."""

_TABLE = """
    panda           | pandas           | 大熊猫   | 只 | animal  | panda
    cat             | cats             | 猫       | 只 | animal  | cat-face
    dog             | dogs             | 狗       | 只 | animal  | dog-face
    mouse           | mice             | 老鼠     | 只 | animal  | mouse-face
    cow             | cows             | 牛       | 头 | animal  | cow
    pig             | pigs             | 猪       | 头 | animal  | pig-face
    duck            | ducks            | 鸭子     | 只 | animal  | duck
    penguin         | penguins         | 企鹅     | 只 | animal  | penguin
    frog            | frogs            | 青蛙     | 只 | animal  | frog
    fish            | fish             | 鱼       | 条 | animal  | tropical-fish
    butterfly       | butterflies      | 蝴蝶     | 只 | animal  | butterfly
    apple           | apples           | 苹果     | 个 | fruit   | red-apple
    banana          | bananas          | 香蕉     | 根 | fruit   | banana
    strawberry      | strawberries     | 草莓     | 颗 | fruit   | strawberry
    lemon           | lemons           | 柠檬     | 个 | fruit   | lemon
    watermelon      | watermelons      | 西瓜     | 块 | fruit   | watermelon
    pineapple       | pineapples       | 菠萝     | 个 | fruit   | pineapple
    pear            | pears            | 梨       | 个 | fruit   | pear
    kiwi            | kiwis            | 猕猴桃   | 个 | fruit   | kiwi-fruit
    car             | cars             | 汽车     | 辆 | vehicle | automobile
    bus             | buses            | 公交车   | 辆 | vehicle | bus
    train           | trains           | 火车     | 列 | vehicle | locomotive
    airplane        | airplanes        | 飞机     | 架 | vehicle | airplane
    helicopter      | helicopters      | 直升机   | 架 | vehicle | helicopter
    boat            | boats            | 船       | 艘 | vehicle | sailboat
    rocket          | rockets          | 火箭     | 枚 | vehicle | rocket
    tractor         | tractors         | 拖拉机   | 辆 | vehicle | tractor
    hammer          | hammers          | 锤子     | 把 | tool    | hammer
    screwdriver     | screwdrivers     | 螺丝刀   | 把 | tool    | screwdriver
    axe             | axes             | 斧头     | 把 | tool    | axe
    saw             | saws             | 锯子     | 把 | tool    | carpentry-saw
    broom           | brooms           | 扫帚     | 把 | tool    | broom
    ladder          | ladders          | 梯子     | 把 | tool    | ladder
    baby            | babies           | 婴儿     | 个 | person  | baby
    police officer  | police officers  | 警察     | 个 | person  | police-officer
    cook            | cooks            | 厨师     | 个 | person  | cook
    firefighter     | firefighters     | 消防员   | 个 | person  | firefighter
    farmer          | farmers          | 农民     | 个 | person  | farmer
    astronaut       | astronauts       | 宇航员   | 个 | person  | astronaut
    princess        | princesses       | 公主     | 个 | person  | princess
    chair           | chairs           | 椅子     | 把 | thing   | chair
    umbrella        | umbrellas        | 雨伞     | 把 | thing   | umbrella
    clock           | clocks           | 钟       | 个 | thing   | alarm-clock
    house           | houses           | 房子     | 座 | thing   | house
    tree            | trees            | 树       | 棵 | thing   | deciduous-tree
    key             | keys             | 钥匙     | 把 | thing   | key
    book            | books            | 书       | 本 | thing   | green-book
    shirt           | shirts           | 衬衫     | 件 | thing   | t-shirt
    hat             | hats             | 帽子     | 顶 | thing   | top-hat
    flower          | flowers          | 花       | 朵 | thing   | tulip
"""

NOUNS: dict[str, Noun] = {
    noun.name: noun
    for noun in (Noun(*(word.strip() for word in row.split("|"))) for row in _TABLE.strip().splitlines())
}


def noun_of(name: str) -> Noun:
    """The noun called `name` in English; InputError names the nearest known one."""
    if name not in NOUNS:
        raise InputError(f'unknown noun "{name}"{nearest(name, NOUNS)}; known: {", ".join(NOUNS)}')
    return NOUNS[name]


def is_a(name: str, kind: str) -> bool:
    """Whether the noun `name` belongs to `kind`; everything is a "thing"."""
    return kind == "thing" or NOUNS[name].kind == kind


def nouns_of_kind(kind: str) -> tuple[str, ...]:
    """The names of all nouns of `kind`, in table order."""
    if kind not in KINDS:
        raise InputError(f'unknown kind "{kind}"{nearest(kind, KINDS)}; known: {", ".join(KINDS)}')
    return tuple(name for name in NOUNS if is_a(name, kind))
