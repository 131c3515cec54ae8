"""People: User, sign-in, roles, API tokens."""
