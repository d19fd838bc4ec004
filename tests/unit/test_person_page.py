"""What a page tells of a person: all of it, with who says so, and nothing of anybody else."""

from pathlib import Path

import pytest

from consumers.people.page import Page
from tests.support.desk import POLICE, PROBATION, Desk
from tests.support.matching import HOME, SEEN, about, born, log, matching, who
from tests.support.people import token


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def shown(page: Page) -> str:
    """Give everything that a page says."""
    return repr(page)


HIS = "alleged_perpetrator"


def three(desk: Desk) -> None:
    """D lives with T; he sees N, at whose address he is approved (E24); N has told police of it."""
    desk.report(about(desk, who("D", "Daniel", "Marsh", address=HOME, part=HIS),
                      who("T", "Tracey", "Hill", address=HOME)))  # fmt: skip
    second = "9 High Street, MK2 2BB"
    hers = who("N", "Nadia", "Stone", born=born("1980-01-01"))
    desk.report(
        about(desk, who("D", "Daniel", "Marsh", address=second, part=HIS), hers, day="2012-11-29")
    )
    desk.report(
        about(
            desk,
            who("D", "Daniel", "Marsh", address="9, High St., MK22BB", part=HIS),
            day="2012-12-01",
        )
    )
    log(desk, who("N", "Nadia", "Stone", address=second), day="2012-12-02")
    desk.report(
        about(
            desk,
            who("D", "Daniel", "Marsh", address="Rose Cottage, Wing", part=HIS),
            day="2011-01-01",
        )
    )
    desk.settle()


def test_a_new_partner_has_a_case_wall_of_her_own(desk: Desk) -> None:
    """Ex-partners' identities must not reach her, nor hers the woman he lives with (trap 8)."""
    three(desk)
    sitting = matching(desk)
    his, hers = sitting.pair(SEEN, token("D"), token("T"))[0]
    alone = sitting.page(SEEN, token("D"))
    for page in (his, hers, alone):
        for secret in ("Nadia", "Stone", token("N"), "High St", "1980-01-01"):
            assert secret not in shown(page), secret
    assert "12 Elm Road" in shown(his)
    assert "Rose Cottage" in shown(his)
    his, hers = sitting.pair(SEEN, token("D"), token("N"))[0]
    for page in (his, hers, alone):
        for secret in ("Tracey", "Hill", token("T"), "Elm Road"):
            assert secret not in shown(page), secret
    assert "9 High Street" not in shown(hers), "nobody has assessed her part: she may be at risk"


def test_a_pair_names_the_reports_of_both_and_none_of_a_third(desk: Desk) -> None:
    """Who works her case is shown her case, whole, and that alone."""
    three(desk)
    (his, _), reports = matching(desk).pair(SEEN, token("D"), token("T"))
    assert len(reports) == 1
    told = {told.statement for line in (*his.names, *his.addresses) for told in line.told}
    others = {view.statement.context.id for view in desk.seen(POLICE, "concern_reported")
              if token("N") in repr(view.statement.sections)}  # fmt: skip
    assert others
    assert not told & others


def test_nobody_at_risk_has_an_address_on_a_page(desk: Desk) -> None:
    """A page is browsed; whoever needs where she is asks who says so (trap 4)."""
    desk.report(about(desk, who("T", "Tracey", "Hill", address=HOME, part="victim")))
    desk.settle()
    page = matching(desk).page(SEEN, token("T"))
    assert (page.addresses, page.unshown) == ([], 1)


def test_a_page_keeps_contradictions_side_by_side_with_who_says_so(desk: Desk) -> None:
    """domain.md 6: both stay, with provenance; nobody is right because they came last."""
    first = desk.report(
        about(desk, who("D", "Daniel", "Marsh", born=born("1970-03-02"), sex="male"))
    )
    second = log(desk, who("D", "Danny", "Marsh", born=born("1969-03-02")))
    desk.settle()
    page = matching(desk).page(SEEN, token("D"))
    ((heading, births),) = page.contradictions
    assert heading == "births that cannot all be theirs"
    assert [(line.text, [(t.agency, t.statement) for t in line.told]) for line in births] == [
        ("1970-03-02 (day)", [(PROBATION, first)]), ("1969-03-02 (day)", [(POLICE, second)]),
    ]  # fmt: skip
    assert [line.text for line in page.names] == ["Daniel Marsh", "Danny Marsh"]
