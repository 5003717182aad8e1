import gate24.start  # noqa: F401  # before all that a handler imports
