"""Croissant metadata (https://docs.mlcommons.org/croissant/docs/croissant-spec.html), version 1.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.validate.export.licences import hub_id
from pipeline.validate.params import Params

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(
    params: Params, licence: str, columns: pa.Schema, hashes: Mapping[str, str], about: Mapping[str, object]
) -> dict[str, object]:
    """The JSON-LD object: one file and one record set per split. `hashes` maps splits to their file's sha256.

    `about` are fields of the Responsible AI vocabulary. Without `validate.date` the publication date is left to
    `sft export --push`: equal data must give equal bytes.
    """
    dated = {"datePublished": params.date} if params.date else {}
    cited = {"citeAs": params.citation.strip()} if params.citation.strip() else {}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": params.name,
        "version": params.version,
        **dated,
        **cited,
        **about,
        "description": params.about or params.name,
        "license": hub_id(licence) if hub_id(licence) != "other" else licence,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": f"{name}.parquet",
                "name": f"{name}.parquet",
                "contentUrl": f"data/{name}-00000-of-00001.parquet",
                "encodingFormat": "application/x-parquet",
                "sha256": digest,
            }
            for name, digest in hashes.items()
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": name,
                "name": name,
                "key": {"@id": f"{name}/id"},
                "field": [_field(name, column) for column in columns],
            }
            for name in hashes
        ],
    }


def _field(split: str, column: pa.Field) -> dict[str, object]:
    kind = column.type
    where = {"fileObject": {"@id": f"{split}.parquet"}, "extract": {"column": column.name}}
    field: dict[str, Any] = {"@type": "cr:Field", "@id": f"{split}/{column.name}", "name": column.name}
    if pa.types.is_list(kind):
        field["repeated"] = True
        kind = kind.value_type
    if not pa.types.is_struct(kind):
        return {**field, "dataType": _data_type(kind), "source": where}
    parts = [
        {
            "@type": "cr:Field",
            "@id": f"{split}/{column.name}/{part.name}",
            "name": part.name,
            "dataType": _data_type(part.type),
            "source": {**where, "transform": {"jsonPath": part.name}},
        }
        for part in kind
    ]
    return {**field, "subField": parts}


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_floating(kind):
        return "sc:Float"
    return "sc:Integer" if pa.types.is_integer(kind) else "sc:Text"
