"""A verdict as tables for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .corner_exams import FACES, TALK_KINDS
from .exam import Group
from .judge import Verdict
from .marking import KEPT_DB
from .shares import Share, difference

NAMES = {
    "reason": "with its own pictures",
    "reason.shown": "with the true pictures given",
    "reason.words": "without pictures",
    "unified.picture": "a picture came when one was asked for",
    "unified.words": "words alone came when words were asked for",
    "unified.talk_picture": "late in a talk: a picture came when one was asked for",
    "unified.talk_words": "late in a talk: words alone came when words were asked for",
    "unified.ask_words": "the same questions: right words through ask",
    "unified.generate_words": "the same questions: right words through generate",
    "unified.chat_words": "the same questions: right words in a chat",
    "unified.draw": "right picture: told to draw or edit",
    "unified.force": "right picture: forced to draw",
    "eye.true": "reads a true picture right",
    "eye.redrawn": "reads it right after the autoencoder",
}
"""Kinds whose names say too little."""
LEAST_SIGHT = 0.99  # below this share of true pictures read right, the judge warns of itself
LEAST_REFUSED = 0.98  # the same for near misses


@dataclass(frozen=True)
class Table:
    """A titled table of texts."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(verdict: Verdict) -> list[Table]:
    """All that was measured, the most asked-for first."""
    groups = {group.name: group for group in verdict.groups}
    special = ("reasoning", "unified", "imagined", "eye")
    found = [_main_table(verdict, [group for name, group in groups.items() if name not in special])]
    changes = [group.kinds for name, group in groups.items() if name not in special and _has_changes(verdict, group)]
    if changes:
        found.append(_changes_table(verdict, changes))
    if "reasoning" in groups:
        found.append(_reasoning_table(verdict, groups["reasoning"].kinds))
    if "imagined" in groups:
        found.append(_imagined_table(verdict, groups["imagined"].kinds))
    if "unified" in groups:
        found.append(_unified_table(verdict))
    if "eye" in groups:
        found.append(_eye_table(verdict))
    return [table for table in found if table.rows]


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Every number, by group and kind, and every error."""
    groups = {}
    for group in verdict.groups:
        kinds = {kind: _facts(verdict, [kind]) for kind in group.kinds}
        groups[group.name] = {"kinds": kinds, **({"all": _facts(verdict, group.kinds)} if group.is_summed else {})}
    if "unified" in groups:
        groups["unified"]["obeys"] = _share_facts(verdict.share(["unified.picture", "unified.words"]))
        groups["unified"]["same_when_forced"] = _share_facts(verdict.same_when_forced())
    said = {"model": verdict.model, "num": verdict.num, "languages": list(verdict.languages)}
    said |= {"world": verdict.world, "split": verdict.split, "seeds": list(verdict.seeds)}
    errors = [{"kind": r.exam.kind, "number": r.exam.seed, "error": r.answer.error} for r in verdict.errors]
    return {**said, "groups": groups, "errors": errors, "warnings": warnings(verdict)}


def warnings(verdict: Verdict) -> list[str]:
    """What a reader must know before believing the shares of pictures."""
    said = []
    if verdict.is_cut:
        said.append(f"stopped after {len(verdict.results)} of {verdict.num_planned} requests")
    misses = verdict.share([kind for kind in verdict.kinds if kind.startswith("miss.")])
    if misses.is_measured and misses.value < LEAST_REFUSED:
        said.append(f"the judge refuses only {percent(misses)} of near misses: the shares of pictures are too high")
    for kind in ("eye.true", "eye.redrawn"):
        share = verdict.share([kind])
        if share.total and share.value < LEAST_SIGHT:
            said.append(
                f"the judge {NAMES[kind]} in only {percent(share)}: the shares of pictures are lower than the truth"
            )
    return said


def percent(share: Share) -> str:
    """ "97.5 %", or "-" where nothing was asked."""
    return f"{100 * share.value:.1f} %" if share.total else "-"


def _main_table(verdict: Verdict, groups: Iterable) -> Table:
    rows = []
    for group in groups:
        if len(group.kinds) > 1:
            rows += [_row(verdict, f"  {kind}", [kind]) for kind in group.kinds]
        rows.append(_row(verdict, group.name, group.kinds))
    return Table("right answers", _header(verdict), tuple(rows))


def _header(verdict: Verdict) -> tuple[str, ...]:
    compared = ("English", "Chinese", "Chinese - English (95 %)") if _is_bilingual(verdict) else ()
    ranged = ("by seed",) if len(verdict.seeds) > 1 else ()
    return ("asked", "right", "95 %", "of", *ranged, *compared, "s each")


def _row(verdict: Verdict, name: str, kinds: Iterable[str], measure: str = "right") -> tuple[str, ...]:
    kinds = tuple(kinds)
    share = verdict.share(kinds, measure)
    cells = [name, percent(share), _interval(share), str(share.total)]
    if len(verdict.seeds) > 1:
        ends = verdict.range(kinds, measure)
        cells.append(f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}" if ends else "-")
    if _is_bilingual(verdict):
        english, chinese = (verdict.share(kinds, measure, language) for language in ("en", "zh"))
        apart, (low, high) = difference(chinese, english)
        compared = f"{100 * apart:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
        cells += [percent(english), percent(chinese), compared if english.total and chinese.total else "-"]
    return (*cells, f"{verdict.seconds(kinds):.2f}")


def _changes_table(verdict: Verdict, families: Iterable[tuple[str, ...]]) -> Table:
    rows = []
    for kinds in families:
        rows += [_change_row(verdict, f"  {kind}", [kind]) for kind in kinds if "done" in verdict.measures([kind])]
        if len(kinds) > 1:
            rows.append(_change_row(verdict, f"all {kinds[0].split('.')[0]}s", kinds))
    header = ("changed", "done", "95 %", f"rest kept (>= {KEPT_DB:.0f} dB)", "mean dB of the rest", "both", "95 %")
    return Table("edits and actions: is it done, and is the rest as it was", header, tuple(rows))


def _change_row(verdict: Verdict, name: str, kinds: Iterable[str]) -> tuple[str, ...]:
    done, kept, both = (verdict.share(kinds, measure) for measure in ("done", "kept", "right"))
    kept_db = verdict.kept_db(kinds)
    mean = "-" if kept_db is None else f"{kept_db:.1f}"
    return name, percent(done), _interval(done), percent(kept), mean, percent(both), _interval(both)


def _reasoning_table(verdict: Verdict, kinds: tuple[str, ...]) -> Table:
    """The same puzzles side by side: a column a way to solve them."""

    def line(name: str, value: Any) -> tuple[str, ...]:
        return (name, *(value(kind) for kind in kinds))

    def answered(kind: str) -> Share:
        return verdict.share([kind], "answer" if "answer" in verdict.measures([kind]) else "right")

    rows = [line("right final answer and right pictures", lambda kind: percent(verdict.share([kind])))]
    rows.append(line("95 %", lambda kind: _interval(verdict.share([kind]))))
    rows.append(line("right final answer alone", lambda kind: percent(answered(kind))))
    rows.append(line("puzzles", lambda kind: str(verdict.share([kind]).total)))
    for language, name in (("en", "in English"), ("zh", "in Chinese")):
        if language in verdict.languages:
            rows.append(line(name, lambda kind, said=language: percent(verdict.share([kind], "right", said))))
    steps = [verdict.share([kind], "steps") for kind in kinds]
    rows.append(("right pictures of the steps", *(percent(share) for share in steps)))
    rows.append(("95 %", *(_interval(share) if share.total else "-" for share in steps)))
    rows.append(line("s each", lambda kind: f"{verdict.seconds([kind]):.2f}"))
    return Table("puzzles", ("", *(NAMES[kind] for kind in kinds)), tuple(rows))


def _imagined_table(verdict: Verdict, kinds: tuple[str, ...]) -> Table:
    """Requests answered after picturing them, and the same answered at once: equally trained, so comparable."""
    rows = []
    for kind in kinds:
        shares = [verdict.share([kind], measure) for measure in ("right", "answer", "steps")]
        if not shares[1].is_measured:
            shares[1] = shares[0]  # answered at once there is nothing but the answer
        rows.append((kind, *(percent(share) for share in shares), _interval(shares[1]), str(shares[0].total)))
    header = ("imagined or at once", "answer and pictures", "answer alone", "pictures", "95 % of the answer", "of")
    return Table("imagined first, or answered at once", header, tuple(rows))


def _unified_table(verdict: Verdict) -> Table:
    """Whether the model knows by itself when to draw, and whether forcing it costs anything."""
    picture, words = ["unified.picture"], ["unified.words"]
    rows = [
        _row(verdict, "a picture came exactly when asked for", [*picture, *words]),
        _row(verdict, NAMES["unified.picture"], picture),
        _row(verdict, NAMES["unified.words"], words),
        _row(verdict, "right picture: decided by itself", picture, "follows"),
        *(_row(verdict, NAMES[kind], [kind]) for kind in ("unified.force", "unified.draw")),
        _row(verdict, "right words: decided by itself", words, "answers"),
    ]
    talk_picture, talk_words = ([kind] for kind in TALK_KINDS)
    rows += [_row(verdict, NAMES[kind], [kind]) for kind in TALK_KINDS]
    rows.append(_row(verdict, "late in a talk: right picture", talk_picture, "follows"))
    rows.append(_row(verdict, "late in a talk: right words", talk_words, "answers"))
    rows += [_row(verdict, NAMES[kind], [kind], "answers") for kind in FACES]
    same = verdict.same_when_forced()
    gaps = ("",) * (len(_header(verdict)) - 4)
    rows.append(("forced and told give the same pixels", percent(same), _interval(same), str(same.total), *gaps))
    return Table("does the model know when to draw", _header(verdict), tuple(rows))


def _eye_table(verdict: Verdict) -> Table:
    """True pictures that it accepts, beside those that it should refuse and accepts nevertheless."""
    rows = []
    for kind in ("eye.true", "eye.redrawn"):
        share = verdict.share([kind])
        rows.append((NAMES[kind], percent(share), _interval(share), str(share.total)))
    misses = [kind for kind in verdict.kinds if kind.startswith("miss.")]
    for name, some in (*((kind, [kind]) for kind in misses), ("all near misses", misses)):
        share = verdict.share(some)
        accepted = Share(share.total - share.right, share.total)
        rows.append((f"accepts falsely: {name}", percent(accepted), _interval(accepted), str(share.total)))
    return Table("the judge's own eye", ("", "accepted", "95 %", "of"), tuple(rows))


def _has_changes(verdict: Verdict, group: Group) -> bool:
    return any("done" in verdict.measures([kind]) for kind in group.kinds)


def _facts(verdict: Verdict, kinds: Iterable[str]) -> dict[str, Any]:
    kinds = tuple(kinds)
    facts: dict[str, Any] = {}
    for measure in verdict.measures(kinds):
        facts[measure] = _share_facts(verdict.share(kinds, measure))
        shares = {language: verdict.share(kinds, measure, language) for language in verdict.languages}
        ends = verdict.range(kinds, measure)
        if ends:
            facts[measure]["range_of_seeds"] = _rounded(ends)
        facts[measure]["languages"] = {language: _share_facts(share) for language, share in shares.items()}
        if _is_bilingual(verdict) and all(share.is_measured for share in shares.values()):
            apart, interval = difference(shares["zh"], shares["en"])
            facts[measure]["zh_minus_en"] = {"value": round(apart, 4), "interval": _rounded(interval)}
    kept_db = verdict.kept_db(kinds)
    if kept_db is not None:
        facts["kept_db"] = round(kept_db, 2)
    return {**facts, "seconds_each": round(verdict.seconds(kinds), 4)}


def _share_facts(share: Share) -> dict[str, Any]:
    """What was not measured has no value: null, never 0 of 0."""
    value = round(share.value, 4) if share.is_measured else None
    interval = _rounded(share.interval) if share.is_measured else None
    return {"value": value, "right": share.right, "total": share.total, "interval": interval}


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in interval]


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{100 * low:.1f} to {100 * high:.1f}" if share.total else "-"


def _is_bilingual(verdict: Verdict) -> bool:
    return {"en", "zh"} <= set(verdict.languages)
