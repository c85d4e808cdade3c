"""What the write-up of an event says, part by part: for its page and for its document."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from assetmap.formats.document import Block, Cell, Facts, Part, Points, Table, Tag, Words
from assetmap.models import Action, Engagement
from assetmap.models.action import OPEN
from assetmap.register.monitoring import Counted
from assetmap.register.polls import Asked
from assetmap.register.survey_results import Measure, Share
from assetmap.register.surveys import Result
from assetmap.register.write_up import JUDGED, WriteUp
from assetmap.vocabulary import Kind
from assetmap.web import codes, labels, surveys
from assetmap.web.actions import SAID, TONES, WHOM
from assetmap.web.budget import pounds

TOO_FEW = "Too few to show"
NOT_SHOWN = "Not shown"


def parts(event: Engagement, found: WriteUp, today: date) -> Sequence[Part]:
    """Aim, reach, outcome, partners, cost and learning. today: what promises are late by."""
    made = (
        Part("aim", "What it was for", list(_aim(event, found))),
        Part("reach", "Who was reached", list(_reach(event, found))),
        Part("outcome", "What was said, and what was done", list(_outcome(found, today))),
        Part("partners", "Who did it with us", list(_partners(found))),
        Part("cost", "What it cost", list(_cost(found))),
        Part("learning", "What changed, and what we learnt", list(_learning(found))),
    )
    return [part for part in made if part.blocks]


def came(event: Engagement, found: WriteUp) -> int:
    """How many came, as it is written down, or were counted at the door."""
    return event.attendance_count if event.attendance_count is not None else found.counted


def tiles(event: Engagement, found: WriteUp) -> list[tuple[str, str]]:
    """The figures at the head of it."""
    people = came(event, found)
    states = Counter(one.status in OPEN for one in found.said)
    a_head = pounds(round(found.spent / people)) if people and found.spent else ""
    return [
        tile
        for tile in (
            (f"{people:,}" if people else "", "came"),
            (f"{len(found.said):,}" if found.said else "", "points were raised"),
            (f"{states[False]:,}" if found.said else "", "are answered"),
            (pounds(found.spent) if found.planned is not None else "", "was spent"),
            (a_head, "for each who came"),
            (f"{found.new_contacts:,}" if found.new_contacts else "", "are new contacts"),
        )
        if tile[0]
    ]


def missing(event: Engagement, found: WriteUp) -> list[tuple[str, str]]:
    """What a reader would look for in vain, and where it is written down."""
    measured = found.survey is not None and any(one.after for one in found.survey.measures)
    checks = (
        (bool(came(event, found)), "How many came", "edit#attendance_count"),
        (bool(found.said), "What was said", "said"),
        (bool(found.told), "That people were told", "told"),
        (found.planned is not None, "What it cost", "budget/"),
        (measured or bool(found.judged), "What people said before and after", "survey/"),
        (bool(found.judged), "Whether it did what it was for", f"plan/{JUDGED}"),
    )
    return [(words, where) for is_there, words, where in checks if not is_there]


def _aim(event: Engagement, found: WriteUp) -> Iterator[Block]:
    said = (
        ("Aims", event.aims),
        ("About", ", ".join(one.title for one in found.about)),
        ("The question", event.focal_question),
        ("Who should come", event.audience),
        ("How much people decide", labels.said(event.influence_level)),
        ("What could change", event.influence_statement),
    )
    if facts := [(term, words) for term, words in said if words]:
        yield Facts(facts)


def _reach(event: Engagement, found: WriteUp) -> Iterator[Block]:
    people = came(event, found)
    said = f"{people:,} came" if people else "How many came is not written down"
    if people and event.capacity:
        said += f", to {event.capacity:,} places"
    if found.counted and found.counted != people:
        said += f"; {found.counted:,} were counted at the door"
    yield Words(f"{said}.")
    if found.new_contacts != 0:
        fresh = "Fewer than five" if found.new_contacts is None else f"{found.new_contacts:,}"
        yield Words(f"{fresh} of those who were met there became contacts of the team.")
    if found.who_came:
        yield from (_who_came(one) for one in found.who_came)
        yield Words(
            "As far as people liked to say as they left. Counts below five are not shown.",
            is_note=True,
        )
    if not found.told:
        yield Words("Nobody has been told yet what came of it.")
        return
    yield Words("Told what came of it:")
    yield Points(
        [
            f"{labels.day(one.told_on)}: {WHOM[one.told_to].lower()}, "
            f"{labels.listed(one.told_by).lower()}"
            f"{f', {labels.reached(one.reach)}' if one.reach else ''}. {one.words}".strip()
            for one in found.told
        ]
    )


def _outcome(found: WriteUp, today: date) -> Iterator[Block]:
    if found.ideas:
        noted = f"{found.ideas:,} {'idea was' if found.ideas == 1 else 'ideas were'} noted"
        were = "was" if found.taken_on == 1 else "were"
        yield Words(f"{noted}, of which {found.taken_on:,} {were} taken on.")
    if raised := [labels.counted(found.raised[kind], kind) for kind in Kind if found.raised[kind]]:
        yield Words(f"Out of it came {' and '.join(raised)} on the register.")
    if not found.said:
        yield Words("Nothing that was said is written down yet.")
        return
    yield Table(
        "Point by point",
        "What was said, who sees to it, and what was done",
        ("You said", "Who", "How it stands", "We did"),
        [_point(one, today) for one in found.said],
    )


def _point(one: Action, today: date) -> Sequence[Cell]:
    stands = [Tag(SAID[one.status], TONES.get(one.status, "quiet"))]
    if one.is_late(today):
        stands.append(Tag("Late", "bad"))
    why_not = f"Why not: {one.why_not}" if one.why_not else ""
    return (
        one.you_said,
        one.partner.name if one.partner is not None else "Our own team",
        stands,
        " ".join(filter(None, [one.we_did or one.decision, why_not])),
    )


def _partners(found: WriteUp) -> Iterator[Block]:
    if found.partners:
        yield Words(f"{', '.join(found.partners)}.")


def _cost(found: WriteUp) -> Iterator[Block]:
    if found.planned is None:
        yield Words("No money is written down.")
    else:
        said = f"{pounds(found.spent)} was spent of {pounds(found.planned)} planned."
        given = f" {found.vouchers:,} vouchers were given." if found.vouchers else ""
        yield Words(said + given)
    if found.worth:
        yield Words(found.worth, is_own=True)


def _learning(found: WriteUp) -> Iterator[Block]:
    if found.survey and found.survey.measures:
        yield Table(
            "Before and after",
            "The share who answered above 7 of 10, before and after",
            ("Question", "Above 7 before", "Above 7 after", "Change"),
            [_measure(one) for one in found.survey.measures],
        )
        yield Words(
            "Everybody who answered before is set against everybody who answered after. "
            "Of fewer than five answers nothing is shown.",
            is_note=True,
        )
    if found.survey:
        yield from _chosen(found.survey)
    yield from (_poll(one) for one in found.polls)
    if found.judged:
        yield Words(found.judged, is_own=True)
    else:
        yield Words("Whether it did what it was for is not written down yet.")


def _measure(one: Measure) -> Sequence[Cell]:
    before, after = (codes.per_cents(side) if side else None for side in (one.before, one.after))
    of_whom = "{share}% of {answered}".format_map
    return (
        one.asks,
        of_whom(before) if before else "Not asked" if one.is_after_only else TOO_FEW,
        of_whom(after) if after else TOO_FEW,
        surveys.in_words(one.change) or "Nothing to set it against",
    )


def _chosen(result: Result) -> Iterator[Table]:
    """Each question with answers to choose from: what so many chose, before and after."""
    for one in result.chosen:
        if one.before or one.after:
            sides = one.before, one.after
            rows = [
                (option, *(_part(side[at] if side else None) for side in sides))
                for at, option in enumerate(one.options)
            ]
            yield _small(one.asks, ("Before", "After"), rows)


def _poll(one: Asked) -> Table:
    shares = zip(one.poll.options, one.shares or (), strict=False)
    rows = [(option, _part(share)) for option, share in shares]
    if one.above is not None:
        rows = [("Above 7 of 10", _part(one.above))]
    answered = f" ({one.answered} answered)" if one.answered else ""
    return _small(one.poll.asks + answered, ("In the room",), rows)


def _who_came(one: Counted) -> Table:
    counts = zip(one.question.answers, one.people or (), strict=False)
    rows = [(words, NOT_SHOWN if count is None else f"{count:,}") for (_, words), count in counts]
    answered = f" ({one.answered} answered)" if one.answered else ""
    return _small(one.question.asks + answered, ("People",), rows)


def _small(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table(title, "", ("Answer", *heads), rows, is_small=True)


def _part(share: Share | None) -> str:
    return NOT_SHOWN if share is None else f"{round(100 * share.share)}%"
