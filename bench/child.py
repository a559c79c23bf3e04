"""One read by one peer in this fresh process: `python child.py PEER ASK`, ASK being JSON. The report is a line of JSON.

Only the read is timed. Imports are done before, and what the rows hold is looked at afterwards.
"""

import importlib
import json
import os
import resource
import sys
import time
from types import SimpleNamespace


def main() -> None:
    ask = SimpleNamespace(**json.loads(sys.argv[2]))
    peer = importlib.import_module(f"peers.{sys.argv[1]}")
    cpu, start = processor_seconds(), time.perf_counter()
    result = peer.footer(ask) if ask.footer else peer.read(ask)
    report = {"seconds": time.perf_counter() - start, "cpu": processor_seconds() - cpu}
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # A peer that starts a process of its own says what that one took.
    report["peak"] = own + getattr(peer, "beside", lambda: 0)()
    report["own_peak"] = own
    if ask.footer:
        names, rows = result
        report |= {"rows": rows, "columns": len(names), "bytes": 0}
    elif isinstance(result, int):
        report |= {"rows": result, "columns": 0, "bytes": 0}
    else:
        table = result if hasattr(result, "nbytes") else result.to_arrow()
        report |= {"rows": table.num_rows, "columns": table.num_columns, "bytes": table.nbytes}
        if ask.check:
            from check import table_digest
            report["digest"] = table_digest(table)
    print(json.dumps(report), flush=True)
    # Some libraries wait for their threads, or crash, when the interpreter ends.
    os._exit(0)


def processor_seconds() -> float:
    """User and system time of this process, its threads, and the children that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:
        text = " ".join(str(error).split())
        print(json.dumps({"failed": f"{type(error).__name__}: {text}"[:300]}), flush=True)
        os._exit(1)
