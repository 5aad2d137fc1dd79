"""x"""


def register(commands):
    pass
