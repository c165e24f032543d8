"""Scores of records."""

from liqaa.records import ArticleMeetings, Meeting, Participant, Position
from liqaa.scoring import party_matches, score_records


def person(
    name: str | None,
    role: str = "participant",
    country: str | None = None,
    office: str | None = None,
) -> Participant:
    """A participant."""
    positions = (Position(office, None, office),) if office else ()
    return Participant("", name, (), positions, country, (), role)


def article(*meetings: tuple[Participant, ...], status: str = "held") -> ArticleMeetings:
    """Records with these participants."""
    made = [
        Meeting(f"m{i}", "talks", status, people, (), None, None, (), (), 1.0, None, None)
        for i, people in enumerate(meetings)
    ]
    return ArticleMeetings("a", None, tuple(made), ())


def test_matching_is_by_name_office_or_group() -> None:
    assert party_matches(person("محمود حجازي"), person("حجازي"))
    assert not party_matches(person("خليفة حفتر"), person("صدام حفتر"))
    assert party_matches(
        person(None, office="رئيس الأركان"), person(None, office="رئيس أركان الجيش")
    )
    assert party_matches(person(None, country="LY"), person(None, country="LY"))
    assert not party_matches(person(None, country="LY"), person(None, country="TN"))


def test_who_met_whom_counts_missed_and_invented_pairs() -> None:
    a, b, c = person("أحمد خليفة"), person("صدام حفتر"), person("بيتر بافل")
    scores = score_records([(article((a, b)), article((b, a), (a, c)))])
    assert (
        scores["who_met_whom"]["tp"],
        scores["who_met_whom"]["fp"],
        scores["who_met_whom"]["fn"],
    ) == (1, 1, 0)
    assert score_records([(article((a, b)), article())])["who_met_whom"]["r"] == 0.0
    assert score_records([(article(), article())])["whole_records"] == 0.0


def test_status_must_agree() -> None:
    pair = (person("أحمد خليفة"), person("صدام حفتر"))
    scores = score_records([(article(pair), article(pair, status="planned"))])
    assert scores["who_met_whom"]["f"] == 0.0
    assert scores["fields"]["participants"] == 1.0
    assert scores["fields"]["status"] == 0.0


def test_hosts_together_are_no_pair() -> None:
    hosts = (
        person("أحمد خليفة", "host"),
        person("بيتر بافل", "host"),
        person("صدام حفتر", "guest"),
    )
    assert score_records([(article(hosts), article(hosts))])["who_met_whom"]["tp"] == 2
