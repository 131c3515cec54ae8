"""Search as a library: documents in, ranked answers with their seconds out.

Knows nothing of Django or of eduvideo. `analysis`, `documents`, `query` and `results` are pure and shared by every
engine; an engine stores tokens and evaluates one boolean expression.
"""
