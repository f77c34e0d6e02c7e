"""Names that the syntaxes of mappings share."""

__all__ = ["DRIVERS", "EQUAL", "GREL", "IDLAB", "TRUE_CONDITION"]

IDLAB = "https://w3id.org/imec/idlab/function#"
GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"

EQUAL = f"{IDLAB}equal"
"""The function whose two parameters, `GREL`'s valueParameter and valueParameter2, are compared."""

TRUE_CONDITION = f"{IDLAB}trueCondition"
"""The function that gives its `str` where its `strBoolean` is true: how the old vocabulary writes conditions."""

DRIVERS = {
    "mysql": "com.mysql.cj.jdbc.Driver",
    "postgresql": "org.postgresql.Driver",
    "oracle": "oracle.jdbc.driver.OracleDriver",
    "sqlserver": "com.microsoft.sqlserver.jdbc.SQLServerDriver",
    "sqlite": "org.sqlite.JDBC",
    "duckdb": "org.duckdb.DuckDBDriver",
}
"""Kind of database -> class of its driver."""
