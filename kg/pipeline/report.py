"""What a build counted: the same whatever the machine, the day, and whether the text was at hand."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kg.claim import Told
from kg.pipeline.content import Content

__all__ = ["make_report", "render_report"]

# An N-Quads line with a graph.
_QUAD = re.compile(r"<[^>]*> <[^>]*> (?:<[^>]*>|\".*\"(?:@[\w-]+|\^\^<[^>]*>)?) (?P<graph><[^>]*>) \.")
_SUBJECT = "http://www.w3.org/1999/02/22-rdf-syntax-ns#subject"


def make_report(
    content: Content, lines: Sequence[str], told: Told | None = None, left_out: Sequence[str] = ()
) -> dict[str, Any]:
    """Counts of statements, claims and quads, and how much of each article they cover.

    lines: the N-Quads of what people wrote. told: what was counted of the facts that machines sent. left_out: files
    that were not written because the graph is too large. Words that no quote covers are listed with their position.
    """
    told = told or Told()
    facts: list[Mapping[str, Any]] = [fact for article in content.articles for fact in article.facts]
    base = content.dataset.base
    nodes = tuple(f"<{base}{kind}/" for kind in ("claim", "fact", "passage", "attribution"))
    # A line is about a claim when its subject is the claim or what it rests on, or when its graph is the claim's.
    graphs = (found["graph"] if (found := _QUAD.fullmatch(line)) else "" for line in lines)
    evidence = sum(
        line.startswith(nodes) or graph.startswith(nodes[0]) for line, graph in zip(lines, graphs, strict=True)
    )
    claims = sum(line.startswith(nodes[0]) and f"> <{_SUBJECT}> " in line for line in lines)
    evidence += told.counts["claim_quads"]
    claims += told.counts["claims"]

    def counted(name: str, values: Iterable[Any]) -> dict[Any, int]:
        return dict(sorted((Counter(values) + told.by.get(name, Counter())).items()))

    return {
        "articles": len(content.articles) + told.counts["articles"],
        "statements": len(facts) + told.counts["facts"],
        "claims": claims,
        "inferences": sum(len(article.inferences) for article in content.articles) + told.counts["inferences"],
        "quads": len(lines) + told.counts["quads"],
        "claim_quads": evidence,
        "quads_per_claim": round(evidence / claims, 1) if claims else 0.0,
        "entities": len(content.registry),
        "links": len(content.links),
        "questions": len(content.questions),
        "kinds": counted("kinds", (str(fact["kind"]) for fact in facts)),
        "modalities": counted("modalities", (str(fact["modality"]) for fact in facts)),
        "statuses": counted("statuses", (str(fact["status"]) for fact in facts)),
        "polarities": counted("polarities", (str(fact["polarity"]) for fact in facts)),
        "voices": counted("voices", (len(fact["voices"]) + 1 for fact in facts)),
        "ambiguous": sum(fact["ambiguity"] is not None for fact in facts) + told.counts["ambiguous"],
        "sent": {name: told.counts[name] for name in ("articles", "facts")},
        "left_out": list(left_out),
        "coverage": {
            article.slug: {
                "sentences": len(article.metadata.sentences),
                "covered": len(article.metadata.sentences) - len(article.silent),
                "silent": list(article.silent),
                "uncovered": None
                if article.uncovered is None
                else [[word.start, word.word] for word in article.uncovered],
            }
            for article in content.articles
        },
    }


def render_report(report: dict[str, Any]) -> str:
    """The report for people, at most 80 columns wide."""
    rows = [
        ("articles", report["articles"], ""),
        ("statements", report["statements"], f"{report['ambiguous']} ambiguous, and {report['inferences']} inferences"),
        ("claims", report["claims"], "one for each triple that somebody states"),
        (
            "quads",
            report["quads"],
            f"{report['claim_quads']} on claims and what they rest on: {report['quads_per_claim']} each",
        ),
        ("entities", report["entities"], f"{report['links']} links to other data sets"),
        ("questions", report["questions"], ""),
    ]
    lines = [f"{name:<12}{count:>8}  {note}".rstrip() for name, count, note in rows]
    for name in ("modalities", "statuses", "polarities"):
        lines += ["", name, *(f"  {key:<16}{count:>6}" for key, count in report[name].items())]
    lines += ["", "voices in the chain"]
    lines += [f"  {steps:<16}{count:>6}" for steps, count in report["voices"].items()]
    sent, left_out = report["sent"], report["left_out"]
    if sent["facts"]:
        lines += [
            "",
            "sent by machines",
            f"  {'statements':<16}{sent['facts']:>6}",
            f"  {'articles':<16}{sent['articles']:>6}",
        ]
    if left_out:
        lines += [
            "",
            "too large to hold: no shape was checked, and these files were left out:",
            f"  {', '.join(left_out)}",
        ]
    for slug, coverage in report["coverage"].items():
        lines += ["", f"{slug}: {coverage['covered']} of {coverage['sentences']} sentences covered"]
        if coverage["uncovered"] is not None:
            words = Counter(word.lower() for _, word in coverage["uncovered"])
            told = ", ".join(f"{word} ×{count}" if count > 1 else word for word, count in sorted(words.items()))
            lines += _wrapped(f"words under no quote: {told or 'none'}")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int = 80) -> list[str]:
    lines, line = [], " "
    for word in text.split():
        if len(line) + 1 + len(word) > width:
            lines.append(line)
            line = "   "
        line += f" {word}"
    return [*lines, line]
