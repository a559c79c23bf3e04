"""polars: a lazy scan of all files, collected."""

import polars


def read(ask):
    scan = polars.scan_parquet(ask.urls)
    if ask.columns:
        scan = scan.select(ask.columns)
    return scan.collect()


def footer(ask):
    scan = polars.scan_parquet(ask.urls)
    return scan.collect_schema().names(), scan.select(polars.len()).collect().item()
