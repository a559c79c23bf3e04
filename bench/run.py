"""Runs ours and the peers in turn, each read in a fresh process, and writes what they took as lines of JSON.

    python run.py --bin TARGET/release --data FOLDER [--out FILE] [--rounds 3] [--scale 1]
                  [--jobs column,files] [--links even,late] [--peers parqlet,polars] [--skip-decode]

`table.py` makes tables of the lines; `make bench` does both. A peer that fails is a line that says why.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from jobs import DECODE, LINKS, REMOTE, Job, folder_of
from server import Server

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """A reader: of `reader.rs`, or a module in `peers/`."""

    name: str
    ours: bool = False
    # Name for reader.rs; else it is a module of peers/.
    reader: str | None = None
    module: str | None = None
    # Reads the files where they lie: what decoding alone takes.
    local: bool = False
    # Only this job shows anything.
    only: str | None = None
    # Only a link with late answers does.
    late: bool = False

    @property
    def key(self) -> str:
        """What `--peers` calls it."""
        return "local" if self.local else self.module or self.reader


PEERS = [
    Peer("parqlet", ours=True, reader="parqlet"),
    Peer("parqlet, no hedging", ours=True, reader="parqlet-unhedged", late=True),
    Peer("parqlet load -o -", ours=True, module="command"),
    Peer("parqlet, local files", ours=True, reader="parqlet", local=True),
    Peer("parqlet, batches dropped", ours=True, reader="parqlet-stream", only="files"),
    Peer("parqlet load -o -, batches dropped", ours=True, module="command_stream", only="files"),
    Peer("parqlet load -o /dev/shm/…", ours=True, module="command_arrow", only="files"),
    Peer("polars", module="polars"),
    Peer("pyarrow read_table", module="pyarrow_read_table"),
    Peer("pyarrow dataset", module="pyarrow_dataset"),
    Peer("fsspec.parquet", module="fsspec_parquet"),
    Peer("DataFusion", module="datafusion"),
    Peer("daft", module="daft"),
    Peer("Metaflow's recipe", module="metaflow_recipe"),
    Peer("parquet crate, async", reader="crate"),
]
DECODE_PEERS = ("parqlet", "polars", "pyarrow read_table")
# Of the tables of types: what "on 2 threads" means on a larger machine.
DECODE_THREADS = 2


class Bench:
    """Settings of one run, and the file that results go to."""

    def __init__(self, options) -> None:
        self.options = options
        self.data = folder_of(options.data, options.scale).resolve()
        # Copies in memory, by job.
        self.memory: dict[str, list[Path]] = {}
        self.out = open(options.out, "w", encoding="utf-8")
        self.environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        self.environment |= {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": str(HERE), "PYTHONWARNINGS": "ignore"}

    def write(self, line: dict) -> None:
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()

    def remote(self, link, job: Job, check: bool) -> None:
        truth = self.facts(job)
        floor = link.floor(truth["footer"], 0 if job.footer else truth["bytes"])
        self.write({"kind": "job", "link": link.name, "job": job.name, "floor": floor, **truth})
        warm(self.paths(job))
        peers = [peer for peer in PEERS if peer.only in (None, job.name) and self.wanted(peer)
                 and (link.late_share > 0 or not peer.late)]
        failed = set()
        for number in range(self.options.rounds):
            # Each round begins with another one: what comes first finds the machine otherwise than what comes last.
            for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                if peer.name in failed or (peer.local and job.footer):
                    continue
                with Server(self.options.bin / "fixture", self.data, link, seed=number) as server:
                    result = self.one(peer, job, server, check=check and number == 0, truth=truth)
                    if not peer.local and "failed" not in result:
                        result |= server.spent()
                self.report(link.name, job, peer, number, result)
                if "failed" in result:
                    failed.add(peer.name)

    def decode(self, job: Job) -> None:
        truth = self.facts(job)
        self.write({"kind": "job", "link": "memory", "job": job.name, **truth})
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            self.memory[job.name] = [Path(shutil.copy(path, folder)) for path in self.paths(job)]
            self.decode_rounds(job, truth)

    def decode_rounds(self, job: Job, truth: dict) -> None:
        peers = [peer for peer in PEERS if peer.name in DECODE_PEERS and self.wanted(peer)]
        for number in range(self.options.rounds):
            for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                result = self.one(peer, job, None, check=number == 0, truth=truth, threads=DECODE_THREADS)
                self.report("memory", job, peer, number, result)

    def wanted(self, peer: Peer) -> bool:
        return not self.options.peers or peer.key in self.options.peers

    def report(self, link: str, job: Job, peer: Peer, number: int, result: dict) -> None:
        self.write({"kind": "run", "link": link, "job": job.name, "peer": peer.name, "ours": peer.ours,
                    "local": peer.local, "round": number, **result})
        said = result.get("failed") or f"{result['seconds']:.3f} s"
        print(f"{link:>6} {job.name:>12} {number + 1}/{self.options.rounds} {peer.name:<36} {said}", file=sys.stderr)

    def one(self, peer: Peer, job: Job, server, check: bool, truth: dict, threads: int | None = None) -> dict:
        local = peer.local or server is None
        paths = self.memory.get(job.name) or self.paths(job)
        names = [str(path) if local else server.url + str(path.relative_to(self.data)) for path in paths]
        try:
            if peer.reader:
                result = self.reader(peer, job, names, check, threads)
            else:
                result = self.module(peer, job, names, None if local else server.url.split("/")[2], check, threads)
        except (OSError, ValueError) as error:
            result = {"failed": str(error)}
        if "failed" in result:
            return result
        if result["rows"] != truth["rows"]:
            return {"failed": f"gave {result['rows']} rows of {truth['rows']}"}
        wrong = differs(result.pop("digest", None), truth["digest"])
        return {"failed": wrong} if wrong else result

    def reader(self, peer: Peer, job: Job, names: list[str], check: bool, threads) -> dict:
        command = [str(self.options.bin / "examples/bench_reader"), peer.reader]
        command += ["--columns", ",".join(job.columns)] if job.columns else []
        command += ["--footer"] if job.footer else []
        check = check and not job.footer and peer.reader != "parqlet-stream"
        command += ["--rows"] if check else []
        with self.start([*command, *names], threads, subprocess.PIPE if check else subprocess.DEVNULL) as process:
            # The rows come after the clock has stopped.
            checked = self.start([sys.executable, str(HERE / "check.py"), "-"], None, subprocess.PIPE,
                                 stdin=process.stdout) if check else None
            if checked:
                process.stdout.close()
                process.stdout = None
            said, error = self.wait(process)
            digest = self.wait(checked)[0] if checked else None
        if process.returncode != 0:
            return {"failed": last_line(error)}
        result = json.loads(last_line(error))
        if digest:
            result["digest"] = json.loads(digest)
        return result

    def module(self, peer: Peer, job: Job, names: list[str], s3: str | None, check: bool, threads) -> dict:
        ask = {"urls": names, "columns": job.columns and list(job.columns), "footer": job.footer, "s3": s3,
               "check": check, "threads": threads, "parqlet": str(self.options.bin / "parqlet"),
               "scratch": str(self.options.data)}
        command = [sys.executable, str(HERE / "child.py"), peer.module, json.dumps(ask)]
        with self.start(command, threads, subprocess.PIPE) as process:
            said, error = self.wait(process)
        lines = [line for line in said.splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else {"failed": last_line(error) or f"ended with {process.returncode}"}

    def start(self, command: list[str], threads: int | None, stdout, stdin=subprocess.DEVNULL) -> subprocess.Popen:
        environment, cores = self.environment, None
        if threads:
            environment = environment | {"POLARS_MAX_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
            cores = sorted(os.sched_getaffinity(0))[:threads]
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment,
                                start_new_session=True,
                                preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None)

    def wait(self, process: subprocess.Popen) -> tuple[str, str]:
        try:
            said, error = process.communicate(timeout=self.options.timeout)
            return said or "", error or ""
        except subprocess.TimeoutExpired:
            # It may have processes of its own.
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return "", f"took more than {self.options.timeout} s"

    def paths(self, job: Job) -> list[Path]:
        return sorted((self.data / job.data).glob("*.parquet"))

    def facts(self, job: Job) -> dict:
        """What the file holds, as pyarrow reads it from disk: made once, kept beside the data."""
        kept = self.data / job.data / f"facts-{job.name}.json"
        if not kept.exists():
            paths = [str(path) for path in self.paths(job)]
            columns = ",".join(job.columns or ())
            kept.write_text(subprocess.check_output([sys.executable, str(HERE / "check.py"), columns, *paths],
                                                    env=self.environment, text=True))
        return json.loads(kept.read_text())


def warm(paths: list[Path]) -> None:
    """Into the page cache, so that the first reader doesn't pay for the disk."""
    buffer = bytearray(1 << 20)
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def differs(digest: dict | None, truth: dict) -> str | None:
    if digest is None:
        return None
    given, due = digest["columns"], truth
    wrong = [name for name in due if given.get(name) != due[name]]
    return f"other values than the file has in {', '.join(wrong)}"[:200] if wrong else None


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    listed = lambda text: [part for part in text.split(",") if part]
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--jobs", type=listed, default=[])
    parser.add_argument("--links", type=listed, default=list(LINKS))
    parser.add_argument("--peers", type=listed, default=[])
    parser.add_argument("--skip-decode", action="store_true")
    parser.add_argument("--timeout", type=float, default=180)
    options = parser.parse_args()
    known = {"jobs": {job.name for job in REMOTE + DECODE}, "links": set(LINKS), "peers": {peer.key for peer in PEERS}}
    for option, names in known.items():
        if unknown := set(getattr(options, option)) - names:
            parser.error(f"{', '.join(sorted(unknown))}: --{option} knows {', '.join(sorted(names))}")
    remote = [job for job in REMOTE if not options.jobs or job.name in options.jobs]
    decode = [] if options.skip_decode else [job for job in DECODE if not options.jobs or job.name in options.jobs]
    options.bin, options.data = options.bin.resolve(), options.data.resolve()

    start = time.monotonic()
    needed = sorted({job.data for job in remote + decode})
    # Another process: its memory would count as that of every child started from here.
    subprocess.run([sys.executable, str(HERE / "data.py"), str(options.data), str(options.scale), *needed], check=True)
    bench = Bench(options)
    bench.write({"kind": "about", "cores": os.cpu_count(), "scale": options.scale, "rounds": options.rounds,
                 "date": time.strftime("%Y-%m-%d")})
    for place, link in enumerate(options.links):
        for job in remote:
            # Over the second link the same bytes come later: looked at once is enough.
            bench.remote(LINKS[link], job, check=place == 0)
    for job in decode:
        bench.decode(job)
    print(f"{time.monotonic() - start:.0f} s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
