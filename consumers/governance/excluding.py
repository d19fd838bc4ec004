"""Who must never see anything about somebody: what an agency recorded, records and lifts.

Nothing shows those who are excluded that there is something; a list of exclusions least of all.

Source: domain.md 5 (traps 14, 16); design.md, Control statements.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, exists, select

from broker.core.state import MATCHERS
from consumers import store as stored
from consumers.standing import is_shown
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.event.case import ExclusionLifted, ExclusionRecorded
from contracts.event.control import Agency, Founding
from contracts.fault import Misuse
from contracts.form import Section
from contracts.identifier import is_slug, is_token
from contracts.section import Practitioner
from contracts.sharing import Exclusion


@dataclass(frozen=True)
class Excluding:
    """Where an agency's people say from whom somebody's case is kept."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]

    def standing(
        self, viewer: Collection[str], *, before: int | None, count: int
    ) -> list[tuple[int, str, ExclusionRecorded]]:
        """List what this agency recorded and nobody lifted, as somebody may know, newest first.

        Args:
            viewer: as `consumers.standing.hidden_from`.
            before: place to go on under; None from the newest.
            count: at most so many.

        Returns:
            The place, the id and what it says, of each.
        """
        query = self._standing(viewer).order_by(stored.views.c.place.desc()).limit(count)
        if before is not None:
            query = query.where(stored.views.c.place < before)
        with self.store.read() as db:
            found = db.execute(query).all()
        said = [(row.place, row.id, stored.reread(row.record).event) for row in found]
        return [(at, one, event) for at, one, event in said if isinstance(event, ExclusionRecorded)]

    def stands(self, viewer: Collection[str], exclusion: str) -> ExclusionRecorded | None:
        """Give one that stands; None alike where none does, and where it is kept."""
        with self.store.read() as db:
            row = db.execute(self._standing(viewer).where(stored.views.c.id == exclusion)).first()
        event = None if row is None else stored.reread(row.record).event
        return event if isinstance(event, ExclusionRecorded) else None

    def _standing(self, viewer: Collection[str]) -> Select[tuple[int, str, bytes]]:
        views, causes, later = stored.views, stored.causes, stored.views.alias()
        ours = (views.c.agency == self.voice.agency, views.c.verified)
        # Who lifts one names it as the cause.
        lifted = exists().where(
            causes.c.cause == views.c.id, later.c.id == causes.c.statement,
            later.c.event == "exclusion_lifted", later.c.agency == self.voice.agency,
        )  # fmt: skip
        query = select(views.c.place, views.c.id, views.c.record)
        recorded = views.c.event == "exclusion_recorded"
        return query.where(recorded, *ours, ~lifted, is_shown(views.c.id, viewer))

    def record(  # noqa: PLR0913 - an exclusion has this many independent parts
        self,
        excluded: Exclusion,
        *,
        about: str,
        reason: str,
        by: Practitioner,
        role: str,
        whole: bool = False,
    ) -> list[Wanted]:
        """Keep everything about somebody from an agency, a practitioner or a household.

        Args:
            excluded: who, and about whom.
            about: id of a report about them that this agency holds.
            reason: why, in words.
            by: who decides; their `role` beside.
            role: theirs.
            whole: an agency that is needed is meant, and not one person there.

        Raises:
            Misuse: nobody, or more than one, or somebody unknown would be excluded; or an agency
                that is needed, and nobody said that it is meant.
        """
        named = (excluded.agency, excluded.practitioner, excluded.household)
        check_one(*named)
        check_tokens(practitioner=excluded.practitioner, household=excluded.household)
        partners = self.voice.partners
        if excluded.agency is not None:
            check_agency(
                excluded.agency, own=self.voice.agency, agencies=partners.agencies,
                founding=partners.founding, acting=partners.acting, whole=whole,
            )  # fmt: skip
        event = ExclusionRecorded(excluded=[excluded], reason=reason, by=by.name or "")
        return self._said("exclusion_recorded", event, about, by, role)

    def lift(
        self, exclusion: str, *, reason: str, by: Practitioner, role: str, viewer: Collection[str]
    ) -> list[Wanted]:
        """End an exclusion that this agency recorded; what one report says of itself stays.

        Raises:
            Misuse: none of this id stands, or none that may be shown to who looks.
        """
        if self.stands(viewer, exclusion) is None:
            raise Misuse(
                "No exclusion of this id stands here.",
                remedy="Take it from the list of exclusions: it may have been lifted.",
            )
        event = ExclusionLifted(exclusion=exclusion, reason=reason, by=by.name or "")
        return self._said("exclusion_lifted", event, exclusion, by, role)

    def _said(
        self, name: str, event: Section, cause: str, by: Practitioner, role: str
    ) -> list[Wanted]:
        said_id = self.new_id()
        provenance = self.voice.signed_by(by, role=role)
        wanted = personal(
            said_id, f"{name}/{said_id}", name, event, causes=[cause], provenance=provenance
        )
        with self.store.write() as db:
            stored.want(db, wanted)
        return [wanted]


def check_one(*named: str | None) -> None:
    """Refuse nobody, and two at once: of each everything would be kept from, by itself.

    Raises:
        Misuse: not exactly one is named.
    """
    given = sum(one is not None for one in named)
    if not given or not all(one for one in named if one is not None):
        raise Misuse(
            "Nobody is named whom this excludes.",
            remedy="Give one agency, one person at work here, one person's token, or one household "
            "(--agency, --practitioner, --token or --household).",
        )
    if given > 1:
        raise Misuse(
            "This names more than one whom it excludes, and would exclude each of them: with an "
            "agency everybody there, not one person.",
            remedy="For one person give --practitioner (at work here) or --token (elsewhere) "
            "without --agency; for several, give this once for each.",
        )


def check_tokens(**given: str | None) -> None:
    """Refuse what is no token.

    Raises:
        Misuse: one is none; it is named, never shown.
    """
    for name, text in given.items():
        if text is not None and not is_token(text):
            raise Misuse(
                f"The {name} given is no token: nobody would be excluded.",
                remedy="Ask the agency that employs them for the token of their credential.",
            )


def check_agency(  # noqa: PLR0913 - what is known of a partnership
    agency: str,
    *,
    own: str,
    agencies: Mapping[str, Agency],
    founding: Founding | None,
    acting: Callable[[str], str],
    whole: bool,
) -> None:
    """Refuse an agency that nobody knows, and, unless it is meant, one that is needed.

    Args:
        agency: whom everything would be kept from.
        own: who says so.
        agencies: everybody who was admitted.
        founding: entry 0.
        acting: gives who acts in an agency's place.
        whole: it is meant.

    Raises:
        Misuse: it is unknown, or needed and not said to be meant.
    """
    if not (is_slug(agency) and agency in agencies):
        raise Misuse(
            "No agency of this id is in the partnership: nobody would be excluded.",
            remedy="Take it from the list of agencies (candour agency list).",
        )
    there, held = acting(agency), agencies[agency]
    told = map(acting, founding.emergency_recipients) if founding else ()
    governs = founding is not None and there == acting(founding.governance)
    ours, rung = there == acting(own), there in told
    if whole or not (ours or governs or rung or held.kind in MATCHERS):
        return
    text = f"This keeps everything about them from the WHOLE of {held.title}, not from one person"
    text += ": your own agency." if ours else "."
    if founding is not None and rung:
        places = {acting(one): acting(to) for one, to in founding.alternates.items()}
        instead = agencies.get(places.get(there, ""))
        text += f" Of a threat to life {instead.title if instead else 'nobody'} is told instead."
    raise Misuse(
        text,
        remedy="For one person give --practitioner (at work here) or --token (elsewhere) without "
        "--agency. Where the whole agency is meant, say so: --yes-the-whole-agency.",
    )
