"""What the pages say, in French and in English."""

from collections.abc import Mapping

__all__ = ["LANGUAGES", "TEXTS", "headings", "say", "spoken", "wanted"]

# The first is spoken to whoever asks for none of them.
LANGUAGES = ("en", "fr")

# key -> (English, French)
TEXTS: dict[str, tuple[str, str]] = {
    "skip": ("Skip to content", "Aller au contenu"),
    "nav": ("Main", "Principal"),
    "languages": ("Language", "Langue"),
    "questions": ("Questions", "Questions"),
    "data": ("Data", "Données"),
    "sparql": ("SPARQL", "SPARQL"),
    "example": ("For example:", "Par exemple :"),
    "articles": ("Articles", "Articles"),
    "articles_lead": ("What everything here rests on.", "Ce sur quoi tout repose ici."),
    "questions_lead": (
        "Choose one: the answer comes with the words of the article and the voice that speaks them.",
        "Choisissez-en une : la réponse vient avec les mots de l’article et la voix qui les dit.",
    ),
    "all_questions": ("All questions", "Toutes les questions"),
    "no_questions": ("There are no questions yet.", "Il n’y a pas encore de questions."),
    "ask_yourself": ("Ask your own", "Posez la vôtre"),
    "ask_lead": (
        "SPARQL is the query language of the web of data. Start from this query, change it, and run it.",
        "SPARQL est le langage de requête du web de données. Partez de cette requête, modifiez-la, exécutez-la.",
    ),
    "query": ("Query", "Requête"),
    "query_hint": (
        "Prefixes such as kg:, rdf: and skos: are known. Relative IRIs start from {base}.",
        "Les préfixes comme kg:, rdf: et skos: sont connus. Les IRI relatifs partent de {base}.",
    ),
    "run": ("Run the query", "Exécuter la requête"),
    "data_lead": (
        "The whole graph as files, and what its terms mean. Quotations remain the property of their authors.",
        "Le graphe entier en fichiers, et le sens de ses termes. Les citations restent à leurs auteurs.",
    ),
    "file": ("File", "Fichier"),
    "holds": ("Holds", "Contenu"),
    "size": ("Size", "Taille"),
    "graph.trig": ("everything, readable (TriG)", "tout, lisible (TriG)"),
    "graph.nq": ("everything, line by line (N-Quads)", "tout, ligne à ligne (N-Quads)"),
    "graph.jsonld": ("everything, for programs (JSON-LD)", "tout, pour les programmes (JSON-LD)"),
    "graph.ttl": (
        "what the articles assert, and all claims (Turtle)",
        "ce que les articles affirment, et tous les énoncés (Turtle)",
    ),
    "ontology.ttl": ("the vocabulary, term by term (Turtle)", "le vocabulaire, terme à terme (Turtle)"),
    "service": ("what the endpoint can do (Turtle)", "ce que sait faire le point d’accès (Turtle)"),
    "dumps": ("Downloads", "Téléchargements"),
    "all_dumps": (
        "All files, their hashes, and older snapshots",
        "Tous les fichiers, leurs empreintes, et les versions antérieures",
    ),
    "questions_json": ("The questions as JSON", "Les questions en JSON"),
    "openapi": ("The API (OpenAPI)", "L’API (OpenAPI)"),
    "files": ("Files", "Fichiers"),
    "media_type": ("Media type", "Type de média"),
    "snapshot": ("Snapshot {name}", "Version {name}"),
    "no_dumps": (
        "This state of the graph can be changed, and has no files.",
        "Cet état du graphe peut être modifié, et n’a pas de fichiers.",
    ),
    "pinned": ("These very files stay at:", "Ces fichiers mêmes restent à l’adresse :"),
    "pinned_lead": (
        "One state of the graph. Its files never change: an address here can be cited.",
        "Un état du graphe. Ses fichiers ne changent jamais : on peut en citer l’adresse.",
    ),
    "others": ("Other snapshots", "Autres versions"),
    "others_lead": (
        "States of the graph that were built before, or beside this one.",
        "États du graphe construits auparavant, ou à côté de celui-ci.",
    ),
    "vocabulary": ("Vocabulary", "Vocabulaire"),
    "vocabulary_lead": (
        "The classes and properties of this graph, with their definitions.",
        "Les classes et propriétés de ce graphe, avec leurs définitions.",
    ),
    "answer": ("Answer", "Réponse"),
    "result": ("Result", "Résultat"),
    "rows": ("{count} answer|{count} answers", "{count} réponse|{count} réponses"),
    "rows_between": ("answers {first} to {last}", "réponses {first} à {last}"),
    "pages": ("Pages of the answer", "Pages de la réponse"),
    "prev": ("Previous page", "Page précédente"),
    "next": ("Next page", "Page suivante"),
    "more_rows": (
        "The first {count}; the files below hold all.",
        "Les {count} premières ; les fichiers ci-dessous les ont toutes.",
    ),
    "no_rows": ("Nothing in the graph answers this.", "Rien dans le graphe ne répond à cela."),
    "yes": ("Yes", "Oui"),
    "no": ("No", "Non"),
    "download": ("Take the answer along", "Emporter la réponse"),
    "edit": ("Edit as SPARQL", "Modifier en SPARQL"),
    "ask": ("Ask", "Demander"),
    "how": ("How it is asked", "Comment c’est demandé"),
    "refused": ("This cannot be answered", "On ne peut pas répondre à cela"),
    "line": ("line {line}, column {column}", "ligne {line}, colonne {column}"),
    "says": ("What is recorded", "Ce qui est consigné"),
    "graph": ("The statement", "L’énoncé"),
    "graphs": ("The statements of this graph", "Les énoncés de ce graphe"),
    "said_about": ("What is said about it", "Ce qui en est dit"),
    "said_about_lead": (
        "Each line leads to the source that says so; not every source asserts it.",
        "Chaque ligne mène à la source qui le dit ; toutes ne l’affirment pas.",
    ),
    "mentioned": ("Mentioned in", "Mentionné dans"),
    "property": ("Property", "Propriété"),
    "value": ("Value", "Valeur"),
    "source": ("Source", "Source"),
    "where": ("Where", "Où"),
    "more_statements": ("Only the first {count} are shown.", "Seuls les {count} premiers sont montrés."),
    "formats": ("As data", "En données"),
    "not_found": ("There is nothing here", "Il n’y a rien ici"),
    "back": ("Back to the start", "Retour à l’accueil"),
    "made_by": ("Served by pressgraph, read-only.", "Servi par pressgraph, en lecture seule."),
    "made_by_writable": (
        "Served by pressgraph: a working copy, which may change.",
        "Servi par pressgraph : une copie de travail, qui peut changer.",
    ),
    # counts of a build
    "count.articles": ("article|articles", "article|articles"),
    "count.claims": ("claim with its source|claims with their source", "énoncé sourcé|énoncés sourcés"),
    "count.quads": ("line of data|lines of data", "ligne de données|lignes de données"),
    "count.entities": (
        "person, body, place or idea|people, bodies, places, ideas",
        "personne, organisme, lieu ou notion|personnes, organismes, lieux, notions",
    ),
    "count.links": ("link to other data|links to other data", "lien vers d’autres données|liens vers d’autres données"),
    "count.questions": ("question answered|questions answered", "question résolue|questions résolues"),
    # columns that answers share
    "column.quote": ("in the article’s words", "dans les mots de l’article"),
    "column.speaker": ("who says so", "qui le dit"),
    "column.voice": ("who says so", "qui le dit"),
    "column.modality": ("how it is said", "comment c’est dit"),
    "column.article": ("article", "article"),
    "column.basis": ("on what ground", "sur quelle base"),
    "column.claim": ("source", "source"),
    "column.code": ("code", "code"),
    "column.confidence": ("confidence", "confiance"),
    "column.cue": ("words that attribute it", "mots qui l’attribuent"),
    "column.date": ("date", "date"),
    "column.file": ("file", "fichier"),
    "column.full_date": ("full date, worked out", "date complète, déduite"),
    "column.kind": ("kind", "sorte"),
    "column.language": ("language", "langue"),
    "column.line": ("line", "ligne"),
    "column.name": ("name", "nom"),
    "column.number": ("number", "nombre"),
    "column.reason": ("why", "pourquoi"),
    "column.relation": ("relation", "relation"),
    "column.relayed_by": ("relayed by", "relayé par"),
    "column.reported_by": ("reported by", "rapporté par"),
    "column.said_by": ("said by", "dit par"),
    "column.scheme": ("scheme", "référentiel"),
    "column.sentence": ("sentence", "phrase"),
    "column.statements": ("statements", "énoncés"),
    "column.step": ("step", "étape"),
    "column.target": ("linked to", "lié à"),
    "column.type": ("type", "type"),
    "column.what": ("what", "quoi"),
    "column.why": ("why", "pourquoi"),
    "column.subject": ("subject", "sujet"),
    "column.predicate": ("property", "propriété"),
    "column.object": ("value", "valeur"),
}


def say(key: str, language: str, /, number: int = 1, **values: object) -> str:
    """The text of `key` in a language, with its gaps filled.

    In a language that there is no text in it is English. `number` chooses between the forms of one and of several.
    """
    known = next((tag for tag in wanted(language) if tag in LANGUAGES), LANGUAGES[0])
    one, _, several = TEXTS[key][LANGUAGES.index(known)].partition("|")
    singular = not several or number == 1 or (number == 0 and known == "fr")
    return (one if singular else several).format(**values)


def wanted(language: str) -> tuple[str, ...]:
    """The tags of a language and of what it is a variety of, from the narrowest to the widest, in lower case.

    https://www.rfc-editor.org/rfc/rfc4647#section-3.4

    >>> wanted("fr-CA")
    ('fr-ca', 'fr')
    """
    parts = language.lower().split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def spoken(texts: Mapping[str, str], language: str) -> str:
    """The text in a language, else in the first of ours that there is, else in any; empty where there is none."""
    found = {tag.lower(): text for tag, text in texts.items() if text}
    return next((found[tag] for tag in (*wanted(language), *LANGUAGES) if tag in found), next(iter(found.values()), ""))


def headings(language: str) -> Mapping[str, str]:
    """Headings of the columns that answers share, by variable."""
    start = "column."
    return {key.removeprefix(start): say(key, language) for key in TEXTS if key.startswith(start)}
