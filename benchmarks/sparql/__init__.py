"""The W3C test suites of SPARQL 1.1, run over HTTP against the endpoint: https://github.com/w3c/rdf-tests."""
