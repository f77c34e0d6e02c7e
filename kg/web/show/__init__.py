"""Terms and results as people read them: labels, words of two languages, cells of tables."""
