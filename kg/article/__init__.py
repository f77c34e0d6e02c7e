"""What people write: the registry of entities, and articles as facts with exact quotes.

read_entities      entities.yaml      -> Registry
read_article       <slug>.yaml        -> Article, verified against its text or its lock
compute_lock       what was verified  -> Lock, for where the text is not
"""

from kg.article.coverage import Word, content_words, masked, uncovered_words, words_of
from kg.article.kind import RESERVED, Field, Kind
from kg.article.locate import LONGEST_QUOTE
from kg.article.lock import Lock, compute_lock, lock_path, read_lock, write_lock
from kg.article.model import Article, Metadata
from kg.article.quote import Span, digest, whereabouts
from kg.article.read import read_article
from kg.article.registry import ENTITY_ID, Entity, Record, Registry, read_entities
from kg.article.schema import article_schema
from kg.article.sentence import propose_sentences
from kg.article.skeleton import skeleton
from kg.article.stance import MODALITIES, POLARITIES, STATUSES
from kg.article.text import Match, find, find_text, read_text, why_other
from kg.article.vouch import FactsLock, read_facts_lock, write_facts_lock
from kg.language import is_language_tag

__all__ = [
    "ENTITY_ID",
    "LONGEST_QUOTE",
    "MODALITIES",
    "POLARITIES",
    "RESERVED",
    "STATUSES",
    "Article",
    "Entity",
    "FactsLock",
    "Field",
    "Kind",
    "Lock",
    "Match",
    "Metadata",
    "Record",
    "Registry",
    "Span",
    "Word",
    "article_schema",
    "compute_lock",
    "content_words",
    "digest",
    "find",
    "find_text",
    "is_language_tag",
    "lock_path",
    "masked",
    "propose_sentences",
    "read_article",
    "read_entities",
    "read_facts_lock",
    "read_lock",
    "read_text",
    "skeleton",
    "uncovered_words",
    "whereabouts",
    "why_other",
    "words_of",
    "write_facts_lock",
    "write_lock",
]
