"""The pages: templates filled for one reader, and the same as plain data."""
