"""The story: what probation knew, what police could have found, and one unsourced line; then again.

What it says of 2012 is the review's; what it shows of the pathway is what the commands answer.

Source: domain.md 7 (The demonstration in 60 seconds); review 3.2.1-3.2.5, 5.6.4.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from contracts.fault import Misuse
from deploy.demo.stage import HERE, Stage
from deploy.kafka.server import KafkaServer

THEN, NOW = "mk-then", "mk-now"
SUPERVISOR, RESEARCHER = "'Jo Bell (name invented)'", "'Lee Hart (name invented)'"
OFFICER, LEAD = "staff-0417", "'Kim Shaw (name invented)'"
"""Who looks and who decides, by the name or reference that each is known by at that home."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
REPORTS = (
    ("e14-release", "2011-11-21T12:00:00Z"),
    ("e15-claim", "2011-12-12T12:00:00Z"),
    ("e16-belief", "2012-02-08T12:00:00Z"),
    ("e17-relationship", "2012-05-01T09:00:00Z"),
    ("e18-ending", "2012-05-01T09:30:00Z"),
)
KNEW = """
  WHAT PROBATION KNEW, spring 2012            WHAT POLICE COULD HAVE FOUND
  (review 3.2.1-3.2.4)                        (the review presumes, 5.6.4 v)
  - released on 21 November 2011              - 1987: grievous bodily harm
  - claims a personality disorder;            - 2005: threats to a partner, no further action
    no record was ever found                  - 2005: a harassment warning
  - believes a report alleges abuse of        - 2008: supply of drugs
    his ex-wife; denies it
  - a relationship with Tracey; he means
    to end it
                     between them, in 2012: one unsourced line, and no action
"""


def play(folder: Path, *, tell: Callable[[str], None], verbose: bool, afresh: bool = False) -> None:
    """Tell the story from nothing to a proof.

    Args:
        folder: for everything that is made; emptied first if an earlier one made it.
        tell: prints a line.
        verbose: print every command of the set-up too.
        afresh: what somebody did there since may go.

    Raises:
        CandourError: a step did not end as the story says, or somebody works in the folder.
    """
    stage = Stage(folder, tell=tell, verbose=verbose, afresh=afresh)
    server = KafkaServer(folder / "kafka", say=tell)
    try:
        tell("Starting Kafka, secured: certificates and keys are drawn now...")
        stage.do(f"kafka secure --home {folder}/kafka", quiet=True)
        agencies = server.start()
        tell("Founding two exercise partnerships (replays: their time is the story's)...")
        for partnership in (THEN, NOW):
            stage.found(
                partnership, agencies=agencies, services=server.services,
                begins="2011-11-01T09:00:00Z",
            )  # fmt: skip
        _then(stage, tell)
        statement = _now(stage, tell)
        _nameless(stage, tell)
        _proof(stage, tell, server.services)
        _closing(tell, folder, statement)
    except KeyboardInterrupt:
        tell("\nInterrupted: what was started is stopped now. To see it whole: make demo")
        raise
    finally:
        stage.end()
        server.stop()


def _then(stage: Stage, tell: Callable[[str], None]) -> None:
    tell("\n1. AS IT WAS (mk-then, no agreement in force)\n" + KNEW)
    case = stage.home(THEN, "tv-probation/case")
    for name, time in REPORTS[:-1]:
        line = f"publish {HERE}/reports/{name}.yaml --home {case} --time {time}"
        stage.do(line, quiet=True, expect=3)
    name, time = REPORTS[-1]
    tell("Probation's report of 1 May 2012. Nothing says who may receive it:")
    stage.do(f"publish {HERE}/reports/{name}.yaml --home {case} --time {time}", expect=3)
    tell("The police log of 2 May 2012, its source not named. It was logged; nothing acts on it:")
    police = stage.home(THEN, "thames-valley/intelligence")
    stage.do(f"publish {HERE}/reports/e19-log.yaml --home {police} --time 2012-05-02T12:00:00Z")


def _now(stage: Stage, tell: Callable[[str], None]) -> str:
    tell("\n2. AS IT SHOULD HAVE BEEN (mk-now, today's rules on the same facts)\n")
    tell("An agreement, endorsed by each party:")
    stage.agree(NOW)
    tell("\nWho may do what on Kafka follows from that, and is checked both ways:")
    stage.govern_kafka(NOW)
    case, desk = stage.home(NOW, "tv-probation/case"), stage.home(NOW, "thames-valley/desk")
    tell(
        "\nThe same five reports, from a named officer, with what may be put to whom. The last of "
        "them:"
    )
    for name, time in REPORTS[:-1]:
        line = f"publish {HERE}/reports/{name}.yaml --home {case} --time {time}"
        stage.do(line, quiet=True)
    name, time = REPORTS[-1]
    told = stage.do(f"publish {HERE}/reports/{name}.yaml --home {case} --time {time}")
    statement = _found(_ID, told)
    tell("\nPolice receive it. No further action is refused while a look is still to be made:")
    stage.do(f"consumer catch-up --home {desk}")
    stage.do(
        f"research nfa {statement} --by {SUPERVISOR} --role supervisor "
        f"--words {stage.words('no-action', reason='vague, no history found')} --home {desk}",
        expect=64,
    )
    tell("Research opened for each person in each system, by itself:")
    grid = stage.do(f"research list --report {statement} --by {SUPERVISOR} --home {desk}")
    _answers(stage, tell, statement)
    _research(stage, tell, grid, statement)
    _alert(stage, tell)
    _response(stage, tell, statement)
    _one_source(stage, tell, statement)
    return statement


def _answers(stage: Stage, tell: Callable[[str], None], statement: str) -> None:
    """Let probation answer what police asked: what it alone holds, and who somebody is."""
    case, desk = stage.home(NOW, "tv-probation/case"), stage.home(NOW, "thames-valley/desk")
    tell(
        "\nProbation is a research system too; it is asked what only it holds, and who she is. "
        "What was\nasked about the report of February nobody answered in time; it says so first:"
    )
    stage.do(f"consumer catch-up --home {case}", quiet=True)
    asked = stage.do(f"response list --by {OFFICER} --home {case}")
    who = f"--by 'Pat Marsh (name invented)' --role 'probation officer' --home {case}"
    records = _asked(asked, statement, "case-4471", "What does your agency hold")
    held = stage.words(
        "records", text="On 8 February he believed that a Cafcass report alleged domestic abuse of "
        "his ex-wife; he denied it.",
    )  # fmt: skip
    stage.do(f"response supply {records} --outcome match --words {held} {who}")
    identity = _asked(asked, statement, "contact-0093", "Who is this")
    known = stage.words("identity", given="Tracey", family="Other (name invented)")
    stage.do(f"response supply {identity} --outcome match --words {known} {who}")
    stage.do(f"consumer catch-up --home {desk}", quiet=True)


def _research(stage: Stage, tell: Callable[[str], None], grid: str, statement: str) -> None:
    """Complete looks on the report; what was found stays in the force's own store."""
    desk = stage.home(NOW, "thames-valley/desk")
    who = f"--by {RESEARCHER} --role researcher --home {desk}"
    tell("\nThe grid fills. What was found stays in the force's own store:")
    closed = stage.words("closed", reason="closed until 08:00")
    gone = stage.words("destroyed", reason="social care 1997-2000: known, since destroyed")
    looks = (
        ("Daniel", "pnc", "match --kind conviction --confidence confirmed --reference PNC-1"),
        ("Daniel", "local", "match --kind warning --kind nfa_allegation --confidence confirmed "
                            "--reference LOCAL-7"),
        ("Daniel", "mash", f"unavailable --words {closed}"),
        ("Tracey", "pnc", "nil"),
        ("Tracey", "mash", f"destroyed --words {gone}"),
    )  # fmt: skip
    for person, system, outcome in looks:
        for line in grid.splitlines():
            if f" {person}" in line and f" {system} " in line:
                stage.do(f"research complete {_found(_ID, line)} --outcome {outcome} {who}")
    tell("\nNothing found, not searched and destroyed never look alike, and none looks like safe:")
    stage.do(f"research list --all --report {statement} --by {RESEARCHER} --home {desk}")


def _alert(stage: Stage, tell: Callable[[str], None]) -> None:
    hub = stage.home(NOW, "mk-hub/safeguarding")
    tell("\nThe hub has one alert, for a role, by a time. Whoever has it says so:")
    stage.do(f"consumer catch-up --home {hub}")
    alerts = stage.do(f"alert list --home {hub}", quiet=True)
    stage.do(
        f"alert ack {_found(_ID, alerts)} --by {LEAD} --role duty_safeguarding_lead --home {hub}"
    )
    stage.do(f"alert list --by {LEAD} --home {hub}")


def _response(stage: Stage, tell: Callable[[str], None], statement: str) -> None:
    case, desk = stage.home(NOW, "tv-probation/case"), stage.home(NOW, "thames-valley/desk")
    tell("\nWhat comes back, to the officer who reported (a visit and disclosure considered):")
    answer = stage.words(
        "answer", avoid="saying to him that you told us", next_contact="ring the desk by Friday"
    )
    stage.do(
        f"response give {statement} --received-by {RESEARCHER} --researched part "
        "--action research_opened --action dash_planned --action disclosure_considered "
        f"--role duty_intelligence_inspector --words {answer} --home {desk}"
    )
    stage.do(f"outbox catch-up --home {case}", quiet=True)
    stage.do(f"outbox show {statement} --by {OFFICER} --home {case}")


def _one_source(stage: Stage, tell: Callable[[str], None], statement: str) -> None:
    """Log E19 beside E18: the same words heard twice must not count as two."""
    police = stage.home(NOW, "thames-valley/intelligence")
    desk = stage.home(NOW, "thames-valley/desk")
    tell("\nThe police log of 2 May is accepted: who took it down is named. It may be E18 again:")
    stage.do(
        f"publish {HERE}/reports/e19-log.yaml --home {police} --time 2012-05-02T09:00:00Z",
        quiet=True,
    )
    stage.do(f"consumer catch-up --home {desk}", quiet=True)
    proposed = stage.do(f"person list --by {RESEARCHER} --home {desk}").splitlines()
    both = next((line for line in proposed if statement in line), "")
    rang = stage.words("one-source", reason="probation rang on 1 May")
    stage.do(
        f"person origin {_found(_ID, both)} --decision same --by {RESEARCHER} "
        f"--role researcher --words {rang} --home {desk}"
    )


def _nameless(stage: Stage, tell: Callable[[str], None]) -> None:
    tell("\n3. A PARTNER'S REPORT THAT NAMES NOBODY (invented; review 5.6.4 vi, rec. 16)\n")
    case = stage.home(NOW, "tv-probation/case")
    told = stage.do(
        f"publish {HERE}/reports/invented-nameless.yaml --home {case} --time 2012-05-03T10:00:00Z",
        expect=3,
    )
    held = _found(_ID, told)
    completed = stage.folder / "provenance.yaml"
    text = (HERE / "reports" / "invented-provenance.yaml").read_text()
    completed.write_text(text.replace("STATEMENT", held))
    tell("\nThe same officer says who it is from; the report is decided anew and delivered:")
    stage.do(f"publish {completed} --home {case} --time 2012-05-03T10:20:00Z")
    stage.do(f"outbox show {held} --by {OFFICER} --home {case}")
    desk = stage.home(NOW, "thames-valley/desk")
    stage.do(f"consumer catch-up --home {desk}")


def _proof(stage: Stage, tell: Callable[[str], None], services: str) -> None:
    tell("\n4. PROVED (another process, with only the folder and the trust file)\n")
    export, trust = stage.folder / "export", stage.folder / "trust.json"
    trust.write_bytes((stage.folder / NOW / "broker" / "trust.json").read_bytes())
    held = stage.folder / "handover"
    stage.do(
        f"audit export {export} --partnership {NOW} --kafka {services} --ca {held}/ca.pem "
        f"--certificate {held}/candour.{NOW}.auditor.pem"
    )
    stage_trust = f"--trust {trust}"
    ran = stage.apart(f"audit verify {export} {stage_trust}")
    if ran.returncode not in {0, 1}:
        raise Misuse(
            "The export does not verify.", remedy="Report this to the developers, with the folder."
        )
    tell("\nOne bit of one byte in the middle of the ledger is flipped:")
    ledger = export / "ledger.log"
    whole = ledger.read_bytes()
    octets = bytearray(whole)
    octets[len(octets) // 2] ^= 1
    ledger.write_bytes(octets)
    ran = stage.apart(f"audit verify {export} {stage_trust}")
    if ran.returncode in {0, 1}:
        raise Misuse(
            "A flipped bit was not noticed.",
            remedy="Report this to the developers, with the folder.",
        )
    ledger.write_bytes(whole)
    tell("The bit is flipped back: what stands in the folder is what was exported.")


def _closing(tell: Callable[[str], None], folder: Path, statement: str) -> None:
    activate = Path(sys.prefix) / "bin" / "activate"
    tell(
        "\nFrom that police log of 2 May 2012 it was 2,218 days to the assault of 29 May 2018; "
        "from what\nprobation reported a day before it, 2,219. The review cannot say that she "
        "was being abused then.\nSomeone would have had to ask.\n\n"
        f"What was made stands in {folder}; everything that was started is stopped. To go on:\n"
        f"  . {activate}\n"
        f"  candour kafka up --home {folder}/kafka\n"
        f"  candour broker run --home {folder}/{NOW}/broker > broker.log 2>&1 &\n"
        f"  candour research list --all --by {RESEARCHER} --home {folder}/{NOW}/"
        "thames-valley-desk\n"
        f"  candour outbox show {statement} --by {OFFICER} --home {folder}/{NOW}/"
        "tv-probation-case\n"
        "Or open it in a browser, with three journeys to try: make desk (candour demo --desk).\n"
        "Then write a report of your own: producers/report.yaml, candour publish. Playing this "
        "again\nempties the folder, unless something was done there: then it asks for --afresh."
    )


def _asked(text: str, statement: str, person: str, why: str) -> str:
    """Find the request about a person of a report: its id begins what is said of it."""
    before = ""
    for line in text.splitlines():
        if all(part in line for part in (statement, person, why)):
            return _found(_ID, before)
        before = before if line.startswith(" ") else line
    return _found(_ID, "")


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if match is None:
        raise Misuse(
            "A command did not name what the story needs next.",
            remedy="Run `candour demo --verbose` and report what it says to the developers.",
        )
    return match[0]
