"""Makes values_edges.json.gz: small Arrow IPC streams with odd shapes, each as base64 under its name.

python3 values_edges.py        (needs pyarrow 26)
"""

import base64
import gzip
import json
from pathlib import Path

import pyarrow as pa

STREAMS = {}


def stream(name, schema, batches):
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    STREAMS[name] = base64.b64encode(out.getvalue().to_pybytes()).decode()


def table(name, columns, **arguments):
    arrays = [array for _, array in columns]
    schema = pa.schema([pa.field(n, a.type, **arguments) for n, a in columns])
    stream(name, schema, [pa.record_batch(arrays, schema=schema)])


ints = pa.array([1, 2, 3], pa.int32())
table(
    "names", [("__proto__", ints), ("constructor", ints), ("", ints), ("7", ints), ("a.b", ints), ('größe"\\\n', ints)]
)
table("proto_struct", [("s", pa.StructArray.from_arrays([ints, ints], ["__proto__", "toString"]))])
table("duplicates", [("a", ints), ("b", ints), ("a", pa.array(["x", "y", "z"]))])
table("wide", [(f"column {i}", pa.array([i, i + 1, None], pa.int32())) for i in range(2000)])
table(
    "no_rows",
    [
        ("a", pa.array([], pa.int64())),
        ("t", pa.array([], pa.string())),
        ("l", pa.array([], pa.list_(pa.int8()))),
        ("m", pa.array([], pa.map_(pa.string(), pa.int8()))),
        ("d", pa.array([], pa.string()).dictionary_encode()),
    ],
)
stream("no_batches", pa.schema([("a", pa.int64()), ("t", pa.string())]), [])
bare = pa.schema([])
stream("no_columns", bare, [pa.RecordBatch.from_struct_array(pa.array([{}] * 5, pa.struct([])))])

# Nulls and offsets that a reader must not take from the buffers under them.
inner = pa.array([[1, 2], [3], [], [4, 5, 6], [7]], pa.list_(pa.int16()))
table(
    "sliced",
    [
        ("list", inner.slice(1, 3)),
        ("text", pa.array(["no", "äb", None, "cd", "no"]).slice(1, 3)),
        ("bits", pa.array([True] * 9 + [False, None, True] + [True] * 9).slice(9, 3)),
    ],
)
masked = pa.StructArray.from_arrays(
    [pa.array([1, 2, 3]), pa.array([["a"], ["b"], ["c"]])], ["n", "l"], mask=pa.array([False, True, False])
)
table("null_struct", [("s", masked)])
table("null_list", [("l", pa.ListArray.from_arrays(pa.array([0, None, 2, 3]), pa.array([1, 2, 3])))])
table(
    "all_null",
    [
        ("i", pa.array([None] * 3, pa.int64())),
        ("t", pa.array([None] * 3, pa.string())),
        ("b", pa.array([None] * 3, pa.binary_view())),
    ],
)

# A dictionary that is replaced, and one that grows by deltas.
codes = pa.dictionary(pa.int8(), pa.string())
schema = pa.schema([("d", codes)])


def words(*values):
    return pa.record_batch(
        [pa.DictionaryArray.from_arrays(pa.array(range(len(values)), pa.int8()), pa.array(values))], schema=schema
    )


stream("dictionary_replaced", schema, [words("a", "b"), words("c", "d")])
out = pa.BufferOutputStream()
with pa.ipc.new_stream(out, schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)) as writer:
    writer.write_batch(words("a", "b"))
    writer.write_batch(words("a", "b", "c"))
STREAMS["dictionary_delta"] = base64.b64encode(out.getvalue().to_pybytes()).decode()


# Bytes that are no UTF-8, which Arrow forbids but a file may have: one value alone, and beside good ones.
def raw_text(*values):
    offsets = [0]
    for value in values:
        offsets.append(offsets[-1] + len(value))
    buffers = [None, pa.array(offsets, pa.int32()).buffers()[1], pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


table("bad_text", [("t", raw_text(b"good", b"\xff\xfe", "é".encode(), b"\xc3", b"\xa9"))])
long = "0123456789" * 5000
table(
    "long_text",
    [
        ("t", pa.array([long, "short", "ä" + long, "", "end"])),
        ("v", pa.array([long, "short", "ä" + long, "", "end"], pa.string_view())),
    ],
)

# Timestamps at the ends of their range, and times that are no times of day.
far = [-(2**63), 2**63 - 1, 8_640_000_000_000_000, 8_640_000_000_000_001, -1]
table(
    "far_times",
    [
        ("ms", pa.array(far, pa.timestamp("ms"))),
        ("us", pa.array(far, pa.timestamp("us"))),
        ("ns", pa.array(far, pa.timestamp("ns"))),
        ("t", pa.array(far, pa.time64("us"))),
        ("d", pa.array([2**31 - 1, -(2**31), 100_000_000, 100_000_001, -1], pa.date32())),
    ],
)
safe = [2**53 - 1, -(2**53 - 1), 2**53, -(2**53), 0]
table(
    "safe",
    [
        ("i", pa.array(safe, pa.int64())),
        ("small", pa.array([1, 2, 3, 4, -5], pa.int64())),
        ("u", pa.array([2**64 - 1, 2**53 - 1, 2**63, 0, 1], pa.uint64())),
        ("n", pa.array([1, None, 3, 4, 5], pa.int64())),
    ],
)
table(
    "options",
    [
        ("t", pa.array([1_700_000_000_000_001, None], pa.timestamp("us", "UTC"))),
        ("required", pa.array([1, 2], pa.timestamp("ms"))),
        ("far", pa.array([253_402_300_799_999, 0], pa.timestamp("ms"))),
        ("m", pa.array([[("a", 1), ("b", None), ("a", 3)], None], pa.map_(pa.string(), pa.int64()))),
        ("j", pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":[1,null]}', "{"]))),
    ],
)
table(
    "types",
    [
        ("r", ints),
        ("s", pa.StructArray.from_arrays([ints], fields=[pa.field("x", pa.int32(), nullable=False)])),
        ("m", pa.array([[("k", 1.5)], [], None], pa.map_(pa.string(), pa.float32()))),
        ("l", pa.array([[1], [], None], pa.list_(pa.field("item", pa.uint8(), nullable=False)))),
        ("t", pa.array([1, 2, 3], pa.timestamp("us", "UTC"))),
        ("u", pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16] * 3, pa.binary(16)))),
        ("d", pa.array(["a", "b", "a"]).dictionary_encode()),
        ("f", pa.array([[1, 2]] * 3, pa.list_(pa.int8(), 2))),
    ],
    nullable=False,
)

text = json.dumps(STREAMS, separators=(",", ":"))
(Path(__file__).parent / "values_edges.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
