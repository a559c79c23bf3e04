"""Makes ramp.parquet.gz: large enough that its end is not all of it, small enough to be kept."""

import gzip

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 40_000

table = pa.table(
    {
        "id": pa.array(range(ROWS), pa.int64()),
        "half": pa.array([i / 2 for i in range(ROWS)], pa.float64()),
        "tag": pa.array(["abcde"[i % 5] for i in range(ROWS)]).dictionary_encode(),
    }
)
pq.write_table(
    table,
    "ramp.parquet",
    compression="none",
    use_dictionary=["tag"],
    row_group_size=10_000,
    data_page_size=16_384,
    write_page_index=True,
)
with open("ramp.parquet", "rb") as plain, open("ramp.parquet.gz", "wb") as packed:
    packed.write(gzip.compress(plain.read(), 9, mtime=0))
