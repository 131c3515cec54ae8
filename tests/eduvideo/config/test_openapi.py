import json
from pathlib import Path

from eduvideo.site.management.commands.openapi_snapshot import SNAPSHOT, openapi_document

TYPES = Path(__file__).parents[3] / "frontend" / "src" / "api" / "schema.d.ts"


def test_the_snapshot_is_the_api_as_it_is() -> None:
    assert SNAPSHOT.read_text(encoding="utf-8") == openapi_document(), "run `make snapshots`"


def test_every_operation_has_a_name_of_its_own() -> None:
    """They are named for their app and function, in whichever file that is: two files could use one name."""
    document = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert sorted(set(names)) == sorted(names)


def test_the_frontends_types_name_every_schema_of_the_snapshot() -> None:
    document = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    types = TYPES.read_text(encoding="utf-8")
    assert [name for name in document["components"]["schemas"] if f"        {name}: " not in types] == []
    assert [path for path in document["paths"] if f'"{path}"' not in types] == []
