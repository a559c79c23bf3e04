"""What is read: jobs, and which link they are read over."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """One question. The floor of the network and the data set follow from it."""

    name: str
    title: str
    # Data set of `data.py`; its files are read in the order of their names.
    data: str
    # None is all of them.
    columns: tuple[str, ...] | None = None
    # Only names of the columns and the number of rows are asked for.
    footer: bool = False


REMOTE = [
    Job("column", "one column of 30, 10 row groups", "wide", ("double_03",)),
    Job("five", "five columns of 30", "wide", ("id", "double_03", "time_02", "code_01", "word_01")),
    Job("text", "a string column of a 3 GB uncompressed file", "events", ("message",)),
    Job("files", "64 files of 30 MB to one table", "files"),
    Job("groups", "one column, 500 row groups", "groups", ("double_01",)),
    Job("zstd", "250 MB of zstd strings, 2 row groups", "zstd"),
    Job("taxi", "a taxi-like file, whole", "taxi"),
    Job("footer", "footer only: names and row count", "wide", footer=True),
]

# Read from memory; the data set has the name of its only column.
TYPES = {
    "int64": "int64, random",
    "int64_sorted": "int64, ascending",
    "int32_dict": "int32, 1,000 values, dictionary",
    "double": "double, random",
    "double_nulls": "double, 30 % nulls",
    "bool": "bool, random",
    "timestamp": "timestamp (us), ascending",
    "decimal": "decimal(12, 2), int64 inside",
    "string_dict": "string, 200 values, dictionary",
    "string_short": "string, 8 bytes, all different",
    "string_long": "string, 40 to 120 bytes, text",
    "string_zstd": "string, the same, zstd",
    "list": "list of 0 to 6 int32",
}
DECODE = [Job(name, title, f"types/{name}") for name, title in TYPES.items()]


@dataclass(frozen=True)
class Link:
    """How far away the server seems; times in seconds, rates in bytes a second."""

    name: str
    title: str
    first_byte: float = 0.030
    connect: float = 0.005
    connection_rate: float = 80e6
    total_rate: float = 1.25e9
    late_share: float = 0.0
    late_by: float = 0.4

    def floor(self, footer: int, data: int) -> float:
        """Seconds that no reader can do without: one request for the footer, all the data at once after it.

        The data comes over new connections, all but one of which have to be set up first.
        """
        opening = self.connect + self.first_byte + footer / self.connection_rate
        if not data:
            return opening
        return opening + self.connect + self.first_byte + data / self.total_rate

    def arguments(self, seed: int) -> list[str]:
        """For the `fixture` binary."""
        given = ["--first-byte", f"{self.first_byte * 1e3}ms", "--connect", f"{self.connect * 1e3}ms"]
        given += ["--bandwidth", f"{self.connection_rate / 1e6}MB/s", "--total", f"{self.total_rate / 1e6}MB/s"]
        if self.late_share:
            given += ["--late", str(self.late_share), "--late-by", f"{self.late_by * 1e3}ms", "--late-seed", str(seed)]
        return given


LINKS = {
    "even": Link("even", "30 ms to the first byte, 5 ms a new connection, 80 MB/s a connection, 1.25 GB/s in all"),
    "late": Link("late", "the same, with 2 % of the answers 400 ms late", late_share=0.02),
}


def folder_of(root: Path, scale: float) -> Path:
    """Where the data sets of a scale are."""
    return root if scale == 1 else root / f"scale-{scale:g}"
