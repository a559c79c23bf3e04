"""The `parqlet` command as a Python process uses it, its start included: `parqlet load -o -` into pyarrow."""

import json
import subprocess
import threading

import pyarrow

taken = [0]


def read(ask):
    with start(ask) as process:
        table = pyarrow.ipc.open_stream(process.stdout).read_all()
    done(process)
    return table


def footer(ask):
    info = json.loads(subprocess.check_output([ask.parqlet, "info", "--json", ask.urls[0]]))
    return info["columns"], info["rows"]


def start(ask, output="-"):
    arguments = [ask.parqlet, "load", *ask.urls, "-o", output]
    if ask.columns:
        arguments += ["-c", ",".join(ask.columns)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE if output == "-" else None)
    threading.Thread(target=watch, args=(process,), daemon=True).start()
    return process


def done(process):
    if process.wait() != 0:
        raise RuntimeError(f"parqlet ended with {process.returncode}")


def watch(process):
    """Peak memory of the command. Its rusage begins with what this process had when it was started, so ask the kernel."""
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        taken[0] = max(taken[0], int(line.split()[1]) * 1024)
        except OSError:
            return
        threading.Event().wait(0.01)


def beside():
    return taken[0]
