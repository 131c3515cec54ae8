"""The engine on an Elasticsearch 8 server, for many machines and many lessons."""

from search.engines.elasticsearch.engine import ElasticsearchEngine

__all__ = ["ElasticsearchEngine"]
