"""pyarrow: `read_table` of each file, put together by `concat_tables`; many files in threads, as its users do."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow
# read_table imports it when it is first called.
import pyarrow.dataset
import pyarrow.parquet

from . import s3


def read(ask):
    if ask.threads:
        pyarrow.set_cpu_count(ask.threads)
    files = s3.file_system(ask)
    with ThreadPoolExecutor(16) as pool:
        one = lambda path: pyarrow.parquet.read_table(path, columns=ask.columns, filesystem=files)
        tables = list(pool.map(one, s3.paths(ask)))
    return tables[0] if len(tables) == 1 else pyarrow.concat_tables(tables)


def footer(ask):
    metadata = pyarrow.parquet.read_metadata(s3.paths(ask)[0], filesystem=s3.file_system(ask))
    return metadata.schema.names, metadata.num_rows
