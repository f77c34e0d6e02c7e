"""Content triples with their evidence -> claims: who said what, in which words, and how.

    facts ─┬─ fact, passage, attribution nodes ─┐
           └─ content triples ─┬─ claims ───────┼─ quads
                               └─ inferences ───┘

One content triple of one fact is one claim. The claim's IRI names a node in the default graph and a graph that
holds the triple alone. The triple itself stands in the default graph only where the article asserts it in its own
voice. An inference is no claim: it stands with its premises in a graph of its own.
"""

from kg.claim.bulk import stream
from kg.claim.claims import CLAIM, Quads, claim_iris, make_claims
from kg.claim.evidence import EVIDENCE, FACT, INFERRED, KEPT, NS, fact_table
from kg.claim.sent import BATCH, Sent, Setting, Told, find_sent, sent_files

__all__ = [
    "BATCH",
    "CLAIM",
    "EVIDENCE",
    "FACT",
    "INFERRED",
    "KEPT",
    "NS",
    "Quads",
    "Sent",
    "Setting",
    "Told",
    "claim_iris",
    "fact_table",
    "find_sent",
    "make_claims",
    "sent_files",
    "stream",
]
