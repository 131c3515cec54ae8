"""The rows of a relation as one column of another query, so that what is small needs no query of its own."""

from typing import Any

from django.db.models import Func, JSONField, QuerySet, Subquery
from django.db.models.functions import JSONArray
from django.db.models.sql.compiler import SQLCompiler


class _Gathered(Func):
    """All values of a query in one JSON array. No Aggregate: Django would group by what it does not know."""

    output_field = JSONField()
    function = "JSON_GROUP_ARRAY"

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> Any:  # Any: Django's, which is not public
        return self.as_sql(compiler, connection, template="COALESCE(JSONB_AGG(%(expressions)s), '[]')")


def json_rows(rows: QuerySet[Any], *fields: str) -> Subquery:  # Any: of any table
    """Return an expression for a list of lists, in no order. Times come as each database writes them."""
    return Subquery(rows.order_by().values(gathered=_Gathered(JSONArray(*fields))))
