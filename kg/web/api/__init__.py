"""Questions as an API, and the OpenAPI document of everything that can be asked."""
