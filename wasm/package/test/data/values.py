"""Makes values.arrows.gz and values.json.gz: every Arrow type that Parquet can give, with nulls, and what JavaScript must see.

    python3 values.py        (needs pyarrow 26; the same seed gives the same files)

The expected values don't come from pyarrow: each is made beside the value that is put in. JSON has no bigint, Date or
bytes, so they stand as {"bigint": "1"}, {"date": milliseconds}, {"bytes": "00ff"}; {"number": "NaN" | "-0" | "Infinity" |
"-Infinity"} are the numbers that JSON lacks.
"""

import gzip
import json
import random
import struct
import uuid
from decimal import Decimal, getcontext
from pathlib import Path

import pyarrow as pa

getcontext().prec = 100
rng = random.Random(20240607)
ROWS = 120
HERE = Path(__file__).parent


def number(x):
    if x != x:
        return {"number": "NaN"}
    if x in (float("inf"), float("-inf")):
        return {"number": "Infinity" if x > 0 else "-Infinity"}
    if x == 0 and str(x).startswith("-"):
        return {"number": "-0"}
    return x


def integer(bits, signed):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)

    def make():
        value = rng.choice(
            [
                low,
                high,
                0,
                1,
                low + 1,
                rng.randint(low, high),
                min(high, rng.randint(0, 300)),
                min(high, 2**53),
                min(high, 2**53 - 1),
            ]
        )
        return value, {"bigint": str(value)} if bits == 64 else value

    return make


SPECIAL = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1.5, -2.0, 1e-7]


def floating(pack):
    def make():
        value = rng.choice([rng.choice(SPECIAL), rng.uniform(-1000, 1000), rng.uniform(-1e-6, 1e-6)])
        stored = struct.unpack(pack, struct.pack(pack, value))[0]
        return stored, number(stored)

    return make


def half():
    value, _ = floating("<e")()
    return value, number(value)


def decimal(precision, scale):
    def make():
        top = 10**precision - 1
        unscaled = rng.choice([0, 1, -1, top, -top, rng.randint(-top, top), rng.randint(-99, 99) % (top + 1)])
        digits = str(abs(unscaled))
        if scale > 0:
            digits = digits.rjust(scale + 1, "0")
            digits = digits[:-scale] + "." + digits[-scale:]
        elif scale < 0 and unscaled:
            digits += "0" * -scale
        return Decimal(unscaled).scaleb(-scale), ("-" if unscaled < 0 else "") + digits

    return make


WORDS = [
    "",
    "a",
    "plain ascii",
    "exactly 12 b",
    "exactly 13 by",
    "Grüße",
    "日本語",
    "emoji 🦜 here",
    "\ufeffwith a mark",
    "a\u0000b",
    "\u007f",
    "ÿ",
    "x" * 300,
    "é" * 200,
    "🧀" * 50,
    "line\nbreak",
    '"quoted"',
    "__proto__",
]


def text():
    value = rng.choice(
        [
            rng.choice(WORDS),
            "".join(chr(rng.choice([65, 97, 233, 0x4E2D, 0x1F600])) for _ in range(rng.randint(0, 30))),
            "".join(rng.choice("abcdefghij ") for _ in range(rng.randint(0, 40))),
        ]
    )
    return value, value


def binary():
    value = rng.randbytes(rng.choice([0, 1, 5, 12, 13, 40]))
    return value, {"bytes": value.hex()}


def fixed(size):
    def make():
        value = rng.randbytes(size)
        return value, {"bytes": value.hex()}

    return make


def uuids():
    value = rng.randbytes(16)
    return value, str(uuid.UUID(bytes=value))


def json_text():
    value = rng.choice(['{"a":[1,2]}', "null", "3", '"text"', "not json"])
    return value, value


def date32():
    days = rng.choice([0, -1, 1, 19000, -719162, 2932896, rng.randint(-100000, 100000)])
    return days, {"date": days * 86400000}


def date64():
    days = rng.choice([0, -1, 1, 19000, rng.randint(-100000, 100000)])
    return days * 86400000, {"date": days * 86400000}


PER = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def timestamp(unit, low=-(10**10), high=10**10):
    per = PER[unit]
    low, high = max(low * per, -(2**63)), min(high * per, 2**63 - 1)

    def make():
        value = rng.choice(
            [
                0,
                -1,
                1,
                999,
                -999,
                1000,
                -1000,
                1700000000 * per,
                low,
                high,
                rng.randint(low, high),
                rng.randint(-2 * 10**9, 2 * 10**9) * per,
                rng.randint(0, 10**9) * per - 1,
            ]
        )
        return value, {"date": value * 1000 // per}

    return make


def time(unit):
    per = PER[unit]

    def make():
        value = rng.choice(
            [0, 1, 86400 * per - 1, 3661 * per, rng.randrange(86400 * per), rng.randrange(86400) * per + per // 2]
        )
        seconds, part = divmod(value, per)
        nanos = part * (10**9 // per)
        shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        if nanos:
            shown += f".{nanos:09}"
            while shown.endswith("000"):
                shown = shown[:-3]
        return value, shown

    return make


def duration(unit):
    def make():
        value = rng.choice([0, -1, 1, rng.randint(-(10**9), 10**9), 2**63 - 1, -(2**63) + 1])
        return value, {"bigint": str(value * (10**9 // PER[unit]))}

    return make


def interval():
    months, days = rng.choice([0, -1, 14, 2**31 - 1, -(2**31)]), rng.choice([0, 1, -400])
    nanos = rng.choice([0, 1, -1, 2**63 - 1, -(2**63), rng.randint(-(10**15), 10**15)])
    return pa.MonthDayNano([months, days, nanos]), {
        "months": months,
        "days": days,
        "nanoseconds": {"bigint": str(nanos)},
    }


def nullable(make, share=0.2):
    def maybe():
        return (None, None) if rng.random() < share else make()

    return maybe


def listing(make, size=None):
    def lists():
        items = [make() for _ in range(rng.choice([0, 1, 2, 5]) if size is None else size)]
        return [value for value, _ in items], [shown for _, shown in items]

    return lists


def structure(**members):
    def structs():
        made = {name: make() for name, make in members.items()}
        return {name: value for name, (value, _) in made.items()}, {name: shown for name, (_, shown) in made.items()}

    return structs


def mapping(key, value):
    def maps():
        pairs = [(key(), value()) for _ in range(rng.choice([0, 1, 3]))]
        return [(k[0], v[0]) for k, v in pairs], [[k[1], v[1]] for k, v in pairs]

    return maps


def choice(make, count):
    values = [make() for _ in range(count)]
    return lambda: rng.choice(values)


def boolean():
    value = rng.random() < 0.5
    return value, value


int32 = integer(32, True)
NESTED = pa.struct(
    [("a", pa.int32()), ("__proto__", pa.string()), ("deep", pa.struct([("x", pa.list_(pa.float64()))]))]
)
nested = structure(
    a=nullable(int32), __proto__=nullable(text), deep=nullable(structure(x=nullable(listing(nullable(floating("<d"))))))
)

# Name, Arrow type, how a value is made.
TYPES = [
    ("bool", pa.bool_(), boolean),
    *[
        (f"{'' if signed else 'u'}int{bits}", getattr(pa, f"{'' if signed else 'u'}int{bits}")(), integer(bits, signed))
        for bits in (8, 16, 32, 64)
        for signed in (True, False)
    ],
    ("float16", pa.float16(), half),
    ("float32", pa.float32(), floating("<f")),
    ("float64", pa.float64(), floating("<d")),
    ("decimal32", pa.decimal32(9, 2), decimal(9, 2)),
    ("decimal64", pa.decimal64(18, 18), decimal(18, 18)),
    ("decimal128", pa.decimal128(38, 10), decimal(38, 10)),
    ("decimal128_whole", pa.decimal128(20, 0), decimal(20, 0)),
    ("decimal128_negative_scale", pa.decimal128(5, -3), decimal(5, -3)),
    ("decimal256", pa.decimal256(76, 40), decimal(76, 40)),
    ("date32", pa.date32(), date32),
    ("date64", pa.date64(), date64),
    *[(f"time_{unit}", pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit), time(unit)) for unit in PER],
    *[(f"timestamp_{unit}", pa.timestamp(unit), timestamp(unit)) for unit in PER],
    ("timestamp_utc", pa.timestamp("us", "UTC"), timestamp("us")),
    ("timestamp_zone", pa.timestamp("ns", "Europe/Berlin"), timestamp("ns")),
    *[(f"duration_{unit}", pa.duration(unit), duration(unit)) for unit in PER],
    ("interval", pa.month_day_nano_interval(), interval),
    ("utf8", pa.string(), text),
    ("large_utf8", pa.large_string(), text),
    ("utf8_view", pa.string_view(), text),
    ("binary", pa.binary(), binary),
    ("large_binary", pa.large_binary(), binary),
    ("binary_view", pa.binary_view(), binary),
    ("fixed", pa.binary(7), fixed(7)),
    ("uuid", pa.uuid(), uuids),
    ("json", pa.json_(), json_text),
    ("list", pa.list_(pa.int32()), listing(nullable(int32))),
    ("large_list", pa.large_list(pa.string()), listing(nullable(text))),
    ("list_view", pa.list_view(pa.int64()), listing(nullable(integer(64, True)))),
    ("large_list_view", pa.large_list_view(pa.bool_()), listing(nullable(boolean))),
    ("fixed_list", pa.list_(pa.float32(), 3), listing(nullable(floating("<f")), 3)),
    ("list_list", pa.list_(pa.list_(pa.string())), listing(nullable(listing(nullable(text))))),
    ("struct", NESTED, nested),
    (
        "list_struct",
        pa.list_(pa.struct([("u", pa.uint8()), ("d", pa.date32())])),
        listing(nullable(structure(u=nullable(integer(8, False)), d=nullable(date32)))),
    ),
    ("map", pa.map_(pa.string(), pa.int32()), mapping(text, nullable(int32))),
    (
        "map_nested",
        pa.map_(pa.int64(), pa.list_(pa.string())),
        mapping(integer(64, True), nullable(listing(nullable(text)))),
    ),
    *[
        (f"dictionary_{index}", pa.dictionary(index, pa.string()), choice(text, 9))
        for index in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64())
    ],
    ("dictionary_decimal", pa.dictionary(pa.int32(), pa.decimal128(10, 2)), choice(decimal(10, 2), 5)),
    ("list_dictionary", pa.list_(pa.dictionary(pa.int16(), pa.string())), listing(nullable(choice(text, 6)))),
    ("runs", pa.run_end_encoded(pa.int32(), pa.string()), choice(text, 3)),
]


def plain_type(kind):
    if pa.types.is_run_end_encoded(kind):
        return kind.value_type
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def array_of(kind, values):
    if pa.types.is_run_end_encoded(kind):
        return pa.compute.run_end_encode(pa.array(values, kind.value_type), kind.run_end_type)
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    array = pa.array(values, plain_type(kind))
    return pa.ExtensionArray.from_storage(kind, array) if isinstance(kind, pa.BaseExtensionType) else array


def main():
    import pyarrow.compute  # noqa: F401

    fields, columns, expected = [], [], {}
    for name, kind, make in TYPES:
        for suffix, maker in (("", nullable(make)), ("_required", make)):
            cells = [maker() for _ in range(ROWS)]
            fields.append(pa.field(name + suffix, kind, nullable=not suffix))
            columns.append((kind, [value for value, _ in cells]))
            expected[name + suffix] = [shown for _, shown in cells]
    fields.append(pa.field("null", pa.null()))
    columns.append((pa.null(), [None] * ROWS))
    expected["null"] = [None] * ROWS
    schema = pa.schema(fields, metadata={"made": "by values.py"})

    # One array a column, cut into batches that begin in the middle of it; the second batch has no rows.
    arrays = [array_of(kind, values) for kind, values in columns]
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, schema) as out:
        for start, end in ((0, 43), (43, 43), (43, 90), (90, ROWS)):
            out.write_batch(pa.record_batch([array.slice(start, end - start) for array in arrays], schema=schema))
    (HERE / "values.arrows.gz").write_bytes(gzip.compress(stream.getvalue(), mtime=0))
    types = {field.name: str(field.type) for field in schema}
    text_out = json.dumps(
        {"types": types, "columns": expected}, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    (HERE / "values.json.gz").write_bytes(gzip.compress(text_out.encode(), mtime=0))


main()
