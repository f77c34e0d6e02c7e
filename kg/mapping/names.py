"""Names that the syntaxes of mappings share."""

__all__ = ["AND", "DRIVERS", "EQUAL", "GREL", "IDLAB", "TRUE_CONDITION"]

IDLAB = "https://w3id.org/imec/idlab/function#"
GREL = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"

AND = f"{GREL}boolean_and"
"""The function that is true where all values of `GREL`'s param_rep_b are."""

EQUAL = f"{IDLAB}equal"
"""The function whose two parameters, `GREL`'s valueParameter and valueParameter2, are compared."""

TRUE_CONDITION = f"{IDLAB}trueCondition"
"""The function that gives its `str` where its `strBoolean` is true: how the old vocabulary writes conditions."""

DRIVERS = {
    "mysql": "com.mysql.cj.jdbc.Driver",
    "postgresql": "org.postgresql.Driver",
    "oracle": "oracle.jdbc.driver.OracleDriver",
    "hsql": "org.hsqldb.jdbcDriver",
    "db2": "com.ibm.db2.jcc.DB2Driver",
    "informix": "com.informix.jdbc.IfxDriver",
    "ingres": "com.ingres.jdbc.IngresDriver",
    "sapase": "com.sybase.jdbc4.jdbc.SybDriver",
    "sapsqlanywhere": "sap.jdbc4.sqlanywhere.IDriver",
    "firebird": "org.firebirdsql.jdbc.FBDriver",
    "mssqlserver": "com.microsoft.sqlserver.jdbc.SQLServerDriver",
    "virtuoso": "virtuoso.jdbc4.Driver",
    "sqlite": "org.sqlite.JDBC",
    "duckdb": "org.duckdb.DuckDBDriver",
}
"""Kind of database -> class of its JDBC driver: https://rml.io/yarrrml/spec/#type, and two kinds of our own."""
