"""The things of the town: their English and Chinese words, their kind and the icon that draws them in every style."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ...errors import InputError, nearest


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
    """One noun; `icon` is its name in every icon set, `measure` the Chinese measure word."""

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
        Kind("food", "foods", "food", "食物", "个"),
        Kind("vehicle", "vehicles", "vehicles", "交通工具", "个"),
        Kind("tool", "tools", "tools", "工具", "个"),
        Kind("person", "people", "people", "人", "个"),
        Kind("furniture", "pieces of furniture", "furniture", "家具", "件"),
        Kind("clothing", "pieces of clothing", "clothing", "衣物", "件"),
        Kind("thing", "things", "things", "东西", "个"),
    )
}
"""`thing` is the kind of every noun as well as of those that have no narrower kind."""

_TABLE = """
    panda           | pandas           | 大熊猫   | 只 | animal    | panda
    cat             | cats             | 猫       | 只 | animal    | cat-face
    dog             | dogs             | 狗       | 只 | animal    | dog-face
    mouse           | mice             | 老鼠     | 只 | animal    | mouse-face
    cow             | cows             | 牛       | 头 | animal    | cow-face
    pig             | pigs             | 猪       | 头 | animal    | pig-face
    duck            | ducks            | 鸭子     | 只 | animal    | duck
    penguin         | penguins         | 企鹅     | 只 | animal    | penguin
    frog            | frogs            | 青蛙     | 只 | animal    | frog
    fish            | fish             | 鱼       | 条 | animal    | tropical-fish
    butterfly       | butterflies      | 蝴蝶     | 只 | animal    | butterfly
    rabbit          | rabbits          | 兔子     | 只 | animal    | rabbit-face
    horse           | horses           | 马       | 匹 | animal    | horse-face
    elephant        | elephants        | 大象     | 头 | animal    | elephant
    lion            | lions            | 狮子     | 头 | animal    | lion
    monkey          | monkeys          | 猴子     | 只 | animal    | monkey-face
    fox             | foxes            | 狐狸     | 只 | animal    | fox
    owl             | owls             | 猫头鹰   | 只 | animal    | owl
    chicken         | chickens         | 鸡       | 只 | animal    | chicken
    turtle          | turtles          | 乌龟     | 只 | animal    | turtle
    snake           | snakes           | 蛇       | 条 | animal    | snake
    octopus         | octopuses        | 章鱼     | 只 | animal    | octopus
    crab            | crabs            | 螃蟹     | 只 | animal    | crab
    whale           | whales           | 鲸鱼     | 头 | animal    | spouting-whale
    bee             | bees             | 蜜蜂     | 只 | animal    | honeybee
    snail           | snails           | 蜗牛     | 只 | animal    | snail
    spider          | spiders          | 蜘蛛     | 只 | animal    | spider
    camel           | camels           | 骆驼     | 匹 | animal    | camel
    unicorn         | unicorns         | 独角兽   | 只 | animal    | unicorn
    apple           | apples           | 苹果     | 个 | fruit     | red-apple
    banana          | bananas          | 香蕉     | 根 | fruit     | banana
    strawberry      | strawberries     | 草莓     | 颗 | fruit     | strawberry
    lemon           | lemons           | 柠檬     | 个 | fruit     | lemon
    watermelon      | watermelons      | 西瓜     | 块 | fruit     | watermelon
    pineapple       | pineapples       | 菠萝     | 个 | fruit     | pineapple
    pear            | pears            | 梨       | 个 | fruit     | pear
    kiwi            | kiwis            | 猕猴桃   | 个 | fruit     | kiwi-fruit
    orange          | oranges          | 橘子     | 个 | fruit     | tangerine
    peach           | peaches          | 桃子     | 个 | fruit     | peach
    grape           | grapes           | 葡萄     | 串 | fruit     | grapes
    cherry          | cherries         | 樱桃     | 颗 | fruit     | cherries
    bread           | breads           | 面包     | 个 | food      | bread
    cheese          | cheeses          | 奶酪     | 块 | food      | cheese-wedge
    egg             | eggs             | 鸡蛋     | 个 | food      | egg
    hamburger       | hamburgers       | 汉堡     | 个 | food      | hamburger
    pizza           | pizzas           | 披萨     | 块 | food      | pizza
    cake            | cakes            | 蛋糕     | 块 | food      | shortcake
    cookie          | cookies          | 饼干     | 块 | food      | cookie
    ice cream       | ice creams       | 冰淇淋   | 个 | food      | soft-ice-cream
    doughnut        | doughnuts        | 甜甜圈   | 个 | food      | doughnut
    carrot          | carrots          | 胡萝卜   | 根 | food      | carrot
    tomato          | tomatoes         | 番茄     | 个 | food      | tomato
    corn            | corns            | 玉米     | 根 | food      | ear-of-corn
    mushroom        | mushrooms        | 蘑菇     | 个 | food      | mushroom
    avocado         | avocados         | 牛油果   | 个 | food      | avocado
    eggplant        | eggplants        | 茄子     | 个 | food      | eggplant
    car             | cars             | 汽车     | 辆 | vehicle   | automobile
    bus             | buses            | 公交车   | 辆 | vehicle   | bus
    train           | trains           | 火车     | 列 | vehicle   | locomotive
    airplane        | airplanes        | 飞机     | 架 | vehicle   | airplane
    helicopter      | helicopters      | 直升机   | 架 | vehicle   | helicopter
    boat            | boats            | 船       | 艘 | vehicle   | sailboat
    rocket          | rockets          | 火箭     | 枚 | vehicle   | rocket
    tractor         | tractors         | 拖拉机   | 辆 | vehicle   | tractor
    bicycle         | bicycles         | 自行车   | 辆 | vehicle   | bicycle
    scooter         | scooters         | 摩托车   | 辆 | vehicle   | motor-scooter
    truck           | trucks           | 卡车     | 辆 | vehicle   | delivery-truck
    ambulance       | ambulances       | 救护车   | 辆 | vehicle   | ambulance
    fire engine     | fire engines     | 消防车   | 辆 | vehicle   | fire-engine
    hammer          | hammers          | 锤子     | 把 | tool      | hammer
    wrench          | wrenches         | 扳手     | 把 | tool      | wrench
    axe             | axes             | 斧头     | 把 | tool      | axe
    scissors        | scissors         | 剪刀     | 把 | tool      | scissors
    knife           | knives           | 刀       | 把 | tool      | kitchen-knife
    magnet          | magnets          | 磁铁     | 块 | tool      | magnet
    magnifier       | magnifiers       | 放大镜   | 个 | tool      | magnifying-glass-tilted-left
    baby            | babies           | 婴儿     | 个 | person    | baby
    police officer  | police officers  | 警察     | 个 | person    | police-officer
    cook            | cooks            | 厨师     | 个 | person    | man-cook
    firefighter     | firefighters     | 消防员   | 个 | person    | man-firefighter
    farmer          | farmers          | 农民     | 个 | person    | man-farmer
    astronaut       | astronauts       | 宇航员   | 个 | person    | woman-astronaut
    princess        | princesses       | 公主     | 个 | person    | princess
    doctor          | doctors          | 医生     | 个 | person    | woman-health-worker
    teacher         | teachers         | 老师     | 个 | person    | woman-teacher
    painter         | painters         | 画家     | 个 | person    | man-artist
    guard           | guards           | 卫兵     | 个 | person    | guard
    detective       | detectives       | 侦探     | 个 | person    | detective
    builder         | builders         | 建筑工人 | 个 | person    | construction-worker
    umbrella        | umbrellas        | 雨伞     | 把 | thing     | umbrella
    clock           | clocks           | 钟       | 个 | thing     | alarm-clock
    house           | houses           | 房子     | 座 | thing     | house
    tree            | trees            | 树       | 棵 | thing     | deciduous-tree
    cactus          | cacti            | 仙人掌   | 棵 | thing     | cactus
    key             | keys             | 钥匙     | 把 | thing     | key
    book            | books            | 书       | 本 | thing     | green-book
    flower          | flowers          | 花       | 朵 | thing     | tulip
    sunflower       | sunflowers       | 向日葵   | 朵 | thing     | sunflower
    ball            | balls            | 足球     | 个 | thing     | soccer-ball
    balloon         | balloons         | 气球     | 个 | thing     | balloon
    vase            | vases            | 花瓶     | 个 | thing     | amphora
    guitar          | guitars          | 吉他     | 把 | thing     | guitar
    drum            | drums            | 鼓       | 个 | thing     | drum
    trumpet         | trumpets         | 小号     | 把 | thing     | trumpet
    violin          | violins          | 小提琴   | 把 | thing     | violin
    camera          | cameras          | 相机     | 台 | thing     | camera
    telephone       | telephones       | 电话     | 部 | thing     | telephone
    television      | televisions      | 电视     | 台 | thing     | television
    cup             | cups             | 杯子     | 个 | thing     | hot-beverage
    gift            | gifts            | 礼物     | 个 | thing     | wrapped-gift
    crown           | crowns           | 王冠     | 顶 | thing     | crown
    diamond         | diamonds         | 钻石     | 颗 | thing     | gem-stone
    snowman         | snowmen          | 雪人     | 个 | thing     | snowman-without-snow
    pumpkin         | pumpkins         | 南瓜     | 个 | thing     | jack-o-lantern
    robot           | robots           | 机器人   | 个 | thing     | robot
    bulb            | bulbs            | 灯泡     | 个 | thing     | light-bulb
    fire            | fires            | 火       | 团 | thing     | fire
    star            | stars            | 星星     | 颗 | thing     | star
    moon            | moons            | 月亮     | 个 | thing     | crescent-moon
    bed             | beds             | 床       | 张 | furniture | bed
    couch           | couches          | 沙发     | 张 | furniture | couch-and-lamp
    chair           | chairs           | 椅子     | 把 | furniture | chair
    door            | doors            | 门       | 扇 | furniture | door
    bathtub         | bathtubs         | 浴缸     | 个 | furniture | bathtub
    shower          | showers          | 淋浴     | 个 | furniture | shower
    candle          | candles          | 蜡烛     | 根 | thing     | candle
    shirt           | shirts           | 衬衫     | 件 | clothing  | t-shirt
    dress           | dresses          | 连衣裙   | 条 | clothing  | dress
    trousers        | trousers         | 裤子     | 条 | clothing  | jeans
    hat             | hats             | 帽子     | 顶 | clothing  | top-hat
    cap             | caps             | 鸭舌帽   | 顶 | clothing  | billed-cap
    shoe            | shoes            | 鞋       | 只 | clothing  | running-shoe
    boot            | boots            | 靴子     | 只 | clothing  | womans-boot
    tie             | ties             | 领带     | 条 | clothing  | necktie
    glasses         | glasses          | 眼镜     | 副 | clothing  | sunglasses
    handbag         | handbags         | 手提包   | 个 | clothing  | handbag
    backpack        | backpacks        | 书包     | 个 | clothing  | backpack
    kimono          | kimonos          | 和服     | 件 | clothing  | kimono
"""

NOUNS: dict[str, Noun] = {
    noun.name: noun
    for noun in (Noun(*(word.strip() for word in row.split("|"))) for row in _TABLE.strip().splitlines())
}
ALL_NOUNS: tuple[str, ...] = tuple(NOUNS)
FLYING = frozenset(("owl", "butterfly", "bee", "airplane", "helicopter", "rocket", "balloon", "star", "moon"))
"""What may hang in the air over a place; all else stands on the ground."""


def check_noun(name: str) -> None:
    """InputError naming the nearest known noun, unless there is one called `name`."""
    if name not in NOUNS:
        raise InputError(f'unknown noun "{name}"{nearest(name, NOUNS)}; known: {", ".join(NOUNS)}')


def is_a(name: str, kind: str) -> bool:
    """Whether the noun `name` belongs to `kind`; everything is a "thing"."""
    return kind == "thing" or NOUNS[name].kind == kind


@cache
def nouns_of_kind(kind: str) -> tuple[str, ...]:
    """The names of all nouns of `kind`, in table order."""
    return tuple(name for name in NOUNS if is_a(name, kind))
