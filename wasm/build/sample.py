"""Makes sample.parquet, a column of each codec: `pip install pyarrow`, `python sample.py`."""

import pathlib

import pyarrow
import pyarrow.parquet

values = pyarrow.array([f"value {row * row % 97}" for row in range(500)])
codecs = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
pyarrow.parquet.write_table(
    pyarrow.table({codec: values for codec in codecs}),
    pathlib.Path(__file__).with_name("sample.parquet"),
    compression={codec: codec for codec in codecs},
    use_dictionary=["snappy", "zstd"],
    row_group_size=300,
)
