"""The track grid: what duration and budget say about short, medium and long R&D."""

from schemas.case import Track, TrackFlag, TrackProposal, Urgency
from schemas.policy import PolicyValues

_ONE_YEAR_MONTHS = 12


def propose_track(
    months: float | None, budget_krw: int | None, urgency: Urgency, values: PolicyValues
) -> TrackProposal:
    """Classify a planned project. A human confirms; nothing here binds.

    The release classifies twice: its text by duration alone (`text_class`), its table by duration
    and budget (`track`). Where they differ, or the table has no answer, a flag says so.

    Args:
        months: Planned duration; None when unknown.
        budget_krw: Planned budget; None when unknown.
        urgency: Never moves a case by itself; a mismatch raises a flag.
        values: Limits (`track.*`).

    Source: R035-R055; contradictions C01-C04; track grid of the domain.
    """
    text_class = _text_class(months, values)
    if months is None or budget_krw is None:
        return TrackProposal(
            text_class=text_class,
            candidates=tuple(Track),
            flags=(_unknown(months, budget_krw), *_urgency_flags(urgency, text_class)),
        )
    track, flags = _table(months, budget_krw, values)
    candidates = [track] if track is not None else []
    if TrackFlag.OVERLAP_GE_100M_LT_12M in flags:
        candidates.append(Track.LONG)
    urgency_flags = _urgency_flags(urgency, (track,) if track is not None else ())
    return TrackProposal(
        text_class=text_class,
        track=track,
        candidates=tuple(candidates),
        flags=(*flags, *urgency_flags),
    )


def _text_class(months: float | None, values: PolicyValues) -> tuple[Track, ...]:
    """By the release's text, from the duration alone; at exactly one year it says two things."""
    if months is None:
        return ()
    if values.limit("track.short.duration_text").admits(months):
        return (Track.SHORT,)
    medium = values.limit("track.medium.duration_text").admits(months)
    long = values.limit("track.long.duration").admits(months)
    return (*([Track.MEDIUM] if medium else []), *([Track.LONG] if long else []))


def _table(  # noqa: PLR0911  # one return a cell of the grid
    months: float, budget_krw: int, values: PolicyValues
) -> tuple[Track | None, tuple[TrackFlag, ...]]:
    """By the release's table: duration decides first, budget second (C03)."""
    small = values.limit("track.short.budget").admits(budget_krw)
    large = values.limit("track.long.budget").admits(budget_krw)
    overlap = (TrackFlag.OVERLAP_GE_100M_LT_12M,) if large else ()
    if values.limit("track.short.duration_text").admits(months):
        if small:
            return Track.SHORT, ()
        return Track.MEDIUM, (TrackFlag.SHORT_DURATION_BUDGET_GT_30M, *overlap)
    if values.limit("track.short.duration_table").admits(months):
        if small:
            return Track.SHORT, (TrackFlag.SHORT_TEXT_3M_EXCEEDED_TABLE_4M_OK,)
        return Track.MEDIUM, overlap
    if values.limit("track.medium.duration_table").admits(months):
        if small:
            return None, (TrackFlag.GAP_4M_12M_LE_30M,)
        return Track.MEDIUM, overlap
    boundary = (TrackFlag.BOUNDARY_12M,) if months == _ONE_YEAR_MONTHS else ()
    if large:
        return Track.LONG, boundary
    return None, (TrackFlag.GAP_GE_12M_LT_100M, *boundary)


def _unknown(months: float | None, budget_krw: int | None) -> TrackFlag:
    if months is None and budget_krw is None:
        return TrackFlag.DURATION_AND_BUDGET_UNKNOWN
    return TrackFlag.DURATION_UNKNOWN if months is None else TrackFlag.BUDGET_UNKNOWN


def _urgency_flags(urgency: Urgency, tracks: tuple[Track, ...]) -> tuple[TrackFlag, ...]:
    fitting = {
        Urgency.URGENT_FIELD: Track.SHORT,
        Urgency.URGENT_NOT_SHORT: Track.MEDIUM,
        Urgency.NEW_PRODUCT: Track.LONG,
    }.get(urgency)
    if fitting is None or not tracks or fitting in tracks:
        return ()
    return (TrackFlag.URGENCY_MISMATCH,)
