"""What rows hold, in a few numbers that don't depend on their order, their batches or the reader's choice of types.

    python check.py COLUMNS FILE..   of Parquet files on disk; "" for all columns
    python check.py -                of an Arrow stream on standard input
"""

import json
import os
import sys

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

CHUNK = 1 << 20


def digest(batches) -> dict:
    """Rows, and for each column the sum of its values' hashes."""
    rows, sums = 0, {}
    for batch in batches:
        rows += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns):
            sums[name] = (sums.get(name, 0) + value_sum(column)) % 2**64
    return {"rows": rows, "columns": sums}


def table_digest(table: pa.Table) -> dict:
    return digest(table.to_batches(max_chunksize=CHUNK))


def file_digest(paths: list[str], columns: list[str] | None) -> dict:
    def batches():
        for path in paths:
            yield from pq.ParquetFile(path).iter_batches(CHUNK, columns=columns)
    return digest(batches())


def value_sum(column: pa.Array) -> int:
    column = plain(column)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        lengths = pc.cast(pc.list_value_length(column), pa.int64())
        return value_sum(lengths) + value_sum(pc.list_flatten(column))
    return int(pl.from_arrow(column).hash(1).to_numpy().sum(dtype=np.uint64))


def plain(column: pa.Array) -> pa.Array:
    """In the widest of the types that readers choose for the same values."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64())
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    if pa.types.is_boolean(kind):
        return column.cast(pa.uint8()).cast(pa.int64())
    if pa.types.is_floating(kind):
        return column.cast(pa.float64())
    if pa.types.is_decimal(kind):
        return column.cast(pa.string())
    return column


def facts(paths: list[str], columns: list[str] | None) -> dict:
    """The digest, and what a reader can't do without: bytes of the footer and of the columns' chunks."""
    footer = size = rows = 0
    for path in paths:
        metadata = pq.ParquetFile(path).metadata
        footer += metadata.serialized_size
        for group in range(metadata.num_row_groups):
            chunks = (metadata.row_group(group).column(n) for n in range(metadata.num_columns))
            size += sum(chunk.total_compressed_size for chunk in chunks
                        if columns is None or chunk.path_in_schema.split(".")[0] in columns)
    digest = file_digest(paths, columns)
    return {"rows": digest["rows"], "digest": digest["columns"], "footer": footer // len(paths), "bytes": size,
            "file_bytes": sum(os.path.getsize(path) for path in paths), "files": len(paths)}


if __name__ == "__main__":
    if sys.argv[1:] == ["-"]:
        print(json.dumps(digest(pa.ipc.open_stream(sys.stdin.buffer))))
    else:
        print(json.dumps(facts(sys.argv[2:], sys.argv[1].split(",") if sys.argv[1] else None)))
