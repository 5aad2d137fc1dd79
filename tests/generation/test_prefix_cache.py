"""Whoever sends a whole conversation again at every turn pays only for what is new."""

import gc

import pytest

import mindseye
from mindseye.generation.context import digests_of
from mindseye.generation.conversation import Conversation
from mindseye.generation.prefix_cache import PrefixCache
from mindseye.inputs.segments import TextSegment
from mindseye.samples import path_of


@pytest.fixture
def pocket():
    return mindseye.load("pocket", dtype="float32")


def test_a_chat_of_ten_turns_sent_in_full_reads_only_what_is_new(pocket):
    said, read, stateful = [], [], pocket.chat()
    for turn in range(10):
        question = f"what is beside thing number {turn}?"
        items = [path_of("cat-dog"), question] if turn % 4 == 0 else [question]
        said.append(("user", items))
        reply = pocket.run([pocket.request("ask", messages=said, max_tokens=10)])[0]
        assert reply.text == stateful.say(*items, task="ask", max_tokens=10).text
        said.append(("assistant", reply.text))
        read.append((reply.end.tokens_read, reply.end.tokens_reused))
    tokens = {turn: read[turn][0] for turn in range(10)}
    picture = tokens[0] - tokens[1]
    assert picture > 16
    for turn in range(1, 10):
        new = tokens[0] if turn % 4 == 0 else tokens[1]
        assert tokens[turn] <= new + 2, (turn, read)
    assert read[9][1] > 9 * 10


def test_without_a_cache_everything_is_read_again(pocket):
    plain = mindseye.load("pocket", dtype="float32", engine=mindseye.EngineConfig(prefix_cache_bytes=0))
    said = [("user", "what is a cat?"), ("assistant", "a cat"), ("user", "and a dog?")]
    first = plain.run([plain.request("ask", messages=said, max_tokens=4)])[0]
    again = plain.run([plain.request("ask", messages=said, max_tokens=4)])[0]
    assert again.end.tokens_read == first.end.tokens_read and again.end.tokens_reused == 0
    cached = [pocket.run([pocket.request("ask", messages=said, max_tokens=4)])[0] for _ in range(2)]
    assert cached[1].end.tokens_read < cached[0].end.tokens_read
    assert cached[0].text == cached[1].text == first.text


def test_a_picture_is_known_again_by_its_pixels(pocket):
    drawn = pocket.draw("a cat", seed=1).image
    first = pocket.edit(drawn, "add a dog", seed=2, think=False)
    again = pocket.edit(drawn.copy(), "add a dog", seed=2, think=False)
    assert again.end.tokens_read == 0 and "encode" not in again.end.seconds
    assert again.image.tobytes() == first.image.tobytes()
    other = drawn.copy()
    other.putpixel((0, 0), (1, 2, 3))
    changed = pocket.edit(other, "add a dog", seed=2)
    assert changed.end.tokens_read > 0 and changed.image.tobytes() != first.image.tobytes()


def test_a_different_wording_or_order_is_not_found(pocket):
    pocket.ask("what is a cat?", max_tokens=2)
    assert pocket.ask("what is a dog?", max_tokens=2).end.tokens_reused == 0
    digests = [list(digests_of(b"", row)) for row in ([seg(1), seg(2)], [seg(2), seg(1)], [seg(1, 2)], [seg(12)])]
    assert len({row[-1] for row in digests}) == 4
    assert list(digests_of(b"lora", [seg(1)])) != list(digests_of(b"", [seg(1)]))


def seg(*ids):
    return TextSegment(ids)


def test_what_was_used_least_goes_first_and_bytes_stay_within_their_limit(pocket):
    prefixes = PrefixCache(6_000_000)
    engine = pocket.engine
    texts = [f"text number {number}" for number in range(6)]

    def read(text):
        conversation = Conversation(pocket.loaded, prefixes)
        conversation.say(text)

        def story():
            yield from conversation.read()
            return "end"

        return engine.run([story()])[0].result()[-1].tokens_reused

    assert [read(text) for text in texts[:3]] == [0, 0, 0]
    assert prefixes.num_bytes <= prefixes.max_bytes and len(prefixes) == 3
    assert read(texts[0]) > 0
    assert [read(text) for text in texts[3:]] == [0, 0, 0]
    assert prefixes.num_bytes <= prefixes.max_bytes and len(prefixes) == 3
    assert read(texts[1]) == 0  # the oldest was forgotten
    prefixes.clear()
    assert prefixes.num_bytes == 0 and len(prefixes) == 0


def test_requests_side_by_side_and_one_after_the_other_agree(pocket):
    """What is found again was computed in another batch; no answer may depend on that."""
    questions = ["what is in the picture?", "how many animals are there?", "where is the cat?"]
    requests = [pocket.request("ask", [path_of("cat-dog"), question]) for question in questions]
    together = [reply.text for reply in pocket.run(requests)]
    assert [pocket.run([request])[0].text for request in requests] == together
    fresh = mindseye.load("pocket", dtype="float32")
    assert [fresh.run([request])[0].text for request in reversed(requests)] == together[::-1]


def test_a_cache_of_nothing_keeps_nothing(pocket):
    model = mindseye.load("pocket", engine=mindseye.EngineConfig(prefix_cache_bytes=0))
    model.ask("a cat", max_tokens=2)
    gc.collect()
    assert len(model.engine.prefixes) == 0 and model.stats().cache_bytes == 0
