"""Makes the data sets: fixed seeds, written row group by row group, kept for the next run.

    python data.py FOLDER [SCALE] [NAME..]

SCALE multiplies row counts (1 is the published size); files of another scale live in a folder of their own.
"""

import decimal
import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs import DECODE, REMOTE, folder_of

WORDS = ("alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec "
         "romeo sierra tango uniform victor whiskey xray yankee zulu request response timeout retry worker queue").split()
START = 1_700_000_000_000_000  # microseconds


def make(folder: Path, scale: float, names: set[str]) -> None:
    """Makes the data sets that are not there yet."""
    for name in sorted(names):
        target = folder / name
        if target.exists():
            continue
        print(f"making {name}", file=sys.stderr)
        # A run that was stopped leaves a folder that isn't taken for a whole one.
        unfinished = target.with_name(target.name + ".unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        if name.startswith("types/"):
            one_type(unfinished, scale, name.removeprefix("types/"))
        else:
            SETS[name](unfinished, scale)
        os.rename(unfinished, target)


def wide(folder: Path, scale: float) -> None:
    """30 columns, 10 row groups, snappy, some 800 MB."""
    def batch(rng, rows, at):
        columns = {"id": np.arange(at, at + rows, dtype=np.int64)}
        for n in range(1, 19):
            columns[f"double_{n:02}"] = rng.normal(100, 25, rows)
        for n in range(1, 5):
            columns[f"time_{n:02}"] = times(rng, rows, at)
        for n in range(1, 5):
            columns[f"code_{n:02}"] = pa.array(rng.integers(0, 50_000, rows, dtype=np.int32))
        for n in range(1, 4):
            columns[f"word_{n:02}"] = vocabulary(rng, rows, 2_000)
        return pa.table(columns)

    write(folder / "wide.parquet", batch, scaled(4_000_000, scale), 10, "snappy", 1,
          dictionary=["word_01", "word_02", "word_03"])


def events(folder: Path, scale: float) -> None:
    """3 GB without compression, a third of it in one column of text, 20 row groups."""
    def batch(rng, rows, at):
        columns = {"id": np.arange(at, at + rows, dtype=np.int64), "time": times(rng, rows, at)}
        for n in range(1, 11):
            columns[f"value_{n:02}"] = rng.normal(0, 1, rows)
        columns["message"] = text(rng, rows, 20, 80)
        return pa.table(columns)

    write(folder / "events.parquet", batch, scaled(20_000_000, scale), 20, "none", 2, dictionary=False)


def files(folder: Path, scale: float) -> None:
    """64 files of 30 MB: what a job leaves behind as its partitions. Snappy, 2 row groups each."""
    def batch(rng, rows, at):
        columns = {"id": np.arange(at, at + rows, dtype=np.int64), "time": times(rng, rows, at)}
        for n in range(1, 7):
            columns[f"measure_{n:02}"] = rng.normal(0, 1, rows)
        columns["amount"] = rng.integers(0, 1_000_000, rows)
        columns["kind"] = vocabulary(rng, rows, 40)
        columns["city"] = vocabulary(rng, rows, 1_500)
        columns["note"] = text(rng, rows, 10, 40)
        columns["flag"] = rng.random(rows) < 0.2
        return pa.table(columns)

    for n in range(64):
        write(folder / f"part-{n:02}.parquet", batch, scaled(375_000, scale), 2, "snappy", 100 + n,
              dictionary=["kind", "city"])


def groups(folder: Path, scale: float) -> None:
    """500 row groups of 10,000 rows."""
    def batch(rng, rows, at):
        columns = {"id": np.arange(at, at + rows, dtype=np.int64), "word": vocabulary(rng, rows, 500)}
        for n in range(1, 9):
            columns[f"double_{n:02}"] = rng.normal(0, 1, rows)
        return pa.table(columns)

    write(folder / "groups.parquet", batch, max(500, scaled(5_000_000, scale)), 500, "snappy", 3, dictionary=["word"])


def zstd(folder: Path, scale: float) -> None:
    """250 MB of strings, zstd, 2 row groups."""
    def batch(rng, rows, at):
        return pa.table({"url": paths(rng, rows), "agent": vocabulary(rng, rows, 5_000), "body": text(rng, rows, 60, 200),
                         "title": text(rng, rows, 20, 60)})

    write(folder / "zstd.parquet", batch, scaled(3_300_000, scale), 2, "zstd", 4, dictionary=["agent"])


def taxi(folder: Path, scale: float) -> None:
    """A month of taxi rides as the city publishes them: few different values in most columns, dictionaries."""
    def batch(rng, rows, at):
        pickup = START + np.sort(rng.integers(0, 30 * 86_400, rows)) * 1_000_000
        distance = np.round(rng.gamma(1.5, 2.2, rows), 2)
        fare = np.round(3 + distance * 3.1, 1)
        tip = np.round(fare * rng.choice([0, 0.15, 0.2, 0.25], rows), 2)
        missing = rng.random(rows) < 0.05
        return pa.table({
            "VendorID": rng.choice(np.array([1, 2], np.int32), rows, p=[0.3, 0.7]),
            "tpep_pickup_datetime": pa.array(pickup).cast(pa.timestamp("us")),
            "tpep_dropoff_datetime": pa.array(pickup + (distance * 240).astype(np.int64) * 1_000_000)
            .cast(pa.timestamp("us")),
            "passenger_count": pa.array(rng.integers(1, 7, rows), mask=missing),
            "trip_distance": distance,
            "RatecodeID": pa.array(rng.choice([1, 2, 5], rows, p=[0.94, 0.05, 0.01]), mask=missing),
            "store_and_fwd_flag": pa.array(rng.choice(["N", "Y"], rows, p=[0.99, 0.01]), mask=missing),
            "PULocationID": rng.zipf(1.4, rows).clip(1, 265).astype(np.int32),
            "DOLocationID": rng.zipf(1.3, rows).clip(1, 265).astype(np.int32),
            "payment_type": rng.choice([1, 2, 3, 4], rows, p=[0.8, 0.17, 0.01, 0.02]),
            "fare_amount": fare,
            "extra": rng.choice([0.0, 1.0, 2.5, 3.5], rows),
            "mta_tax": rng.choice([0.5, 0.0], rows, p=[0.99, 0.01]),
            "tip_amount": tip,
            "tolls_amount": rng.choice([0.0, 6.94], rows, p=[0.92, 0.08]),
            "improvement_surcharge": np.ones(rows),
            "total_amount": np.round(fare + tip + 1.5, 2),
            "congestion_surcharge": pa.array(rng.choice([2.5, 0.0], rows), mask=missing),
            "airport_fee": pa.array(rng.choice([0.0, 1.75], rows), mask=missing),
        })

    write(folder / "taxi.parquet", batch, scaled(3_000_000, scale), 3, "zstd", 5, dictionary=True)


SETS = {"wide": wide, "events": events, "files": files, "groups": groups, "zstd": zstd, "taxi": taxi}


def one_type(folder: Path, scale: float, name: str) -> None:
    """One column of one type, 4 row groups, for decoding from memory."""
    rows = {"string_long": 4_000_000, "string_zstd": 4_000_000, "list": 5_000_000, "decimal": 4_000_000}

    def column(rng, rows, at):
        match name:
            case "int64":
                return rng.integers(-2**62, 2**62, rows)
            case "int64_sorted":
                return np.arange(at, at + rows, dtype=np.int64) * 7
            case "int32_dict":
                return rng.integers(0, 1_000, rows, dtype=np.int32)
            case "double":
                return rng.normal(0, 1, rows)
            case "double_nulls":
                return pa.array(rng.normal(0, 1, rows), mask=rng.random(rows) < 0.3)
            case "bool":
                return rng.random(rows) < 0.5
            case "timestamp":
                return times(rng, rows, at)
            case "decimal":
                cents = rng.integers(0, 10**9, rows)
                return pa.array([decimal.Decimal(int(cent)).scaleb(-2) for cent in cents], pa.decimal128(12, 2))
            case "string_dict":
                return vocabulary(rng, rows, 200)
            case "string_short":
                return pa.array(np.char.mod("%08x", rng.integers(0, 2**32, rows)))
            case "string_long" | "string_zstd":
                return text(rng, rows, 40, 120)
            case "list":
                ends = np.concatenate([[0], np.cumsum(rng.integers(0, 7, rows))]).astype(np.int32)
                return pa.ListArray.from_arrays(pa.array(ends), pa.array(rng.integers(0, 10**6, ends[-1], np.int32)))

    def batch(rng, rows, at):
        return pa.table({name: column(rng, rows, at)})

    write(folder / f"{name}.parquet", batch, scaled(rows.get(name, 20_000_000), scale), 4,
          "zstd" if name == "string_zstd" else "snappy", 6, dictionary=name.endswith("_dict"))


def write(path: Path, batch, rows: int, row_groups: int, codec: str, seed: int, dictionary) -> None:
    """Row group by row group; `batch(rng, rows, first_row)` makes one."""
    rng = np.random.default_rng(seed)
    writer, at = None, 0
    for group in range(row_groups):
        count = rows * (group + 1) // row_groups - at
        table = batch(rng, count, at)
        at += count
        if writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression=codec, use_dictionary=dictionary,
                                      write_page_index=True, store_decimal_as_integer=True)
        writer.write_table(table, row_group_size=max(1, count))
    writer.close()


def scaled(rows: int, scale: float) -> int:
    return max(20, int(rows * scale))


def times(rng, rows: int, at: int):
    steps = rng.integers(0, 2_000, rows)
    return pa.array(START + at * 1_000 + np.cumsum(steps)).cast(pa.timestamp("us"))


def vocabulary(rng, rows: int, words: int):
    """One of so many words, written out."""
    known = pa.array([f"{WORDS[n % len(WORDS)]}-{n}" for n in range(words)])
    return known.take(pa.array(rng.integers(0, words, rows)))


def text(rng, rows: int, least: int, most: int):
    """Words cut out of one long text at random places: lengths from `least` to `most` bytes, all ASCII."""
    page = np.frombuffer(" ".join(rng.choice(WORDS, 200_000)).encode(), np.uint8)
    lengths = rng.integers(least, most + 1, rows)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    starts = rng.integers(0, len(page) - most, rows)
    # Every byte's place in the page: its row's start, and how far it is behind the row's first byte.
    places = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
    letters = page[places]
    # A few digits in each row keep the rows apart, as numbers in real messages do.
    letters[ends[:-1] + rng.integers(0, least, rows)] = rng.integers(48, 58, rows)
    letters[ends[:-1] + rng.integers(0, least, rows)] = rng.integers(48, 58, rows)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(letters))


def paths(rng, rows: int):
    """Like text, with a host in front."""
    import pyarrow.compute as pc
    hosts = vocabulary(rng, rows, 300)
    return pc.binary_join_element_wise("https:/", hosts, text(rng, rows, 20, 60), "/")


if __name__ == "__main__":
    given = sys.argv[1:]
    scale = float(given[1]) if len(given) > 1 else 1.0
    known = {job.data for job in REMOTE + DECODE}
    make(folder_of(Path(given[0]), scale), scale, set(given[2:]) or known)
