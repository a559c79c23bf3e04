"""The project's server behind an emulated link: a process of its own for each run, so that none inherits anything."""

import json
import subprocess
from pathlib import Path


class Server:
    """Serves all data sets under `/bench/`."""

    def __init__(self, fixture: Path, data: Path, link, seed: int) -> None:
        command = [str(fixture), "control", *link.arguments(seed)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"] + "bench/"
        self.say({"do": "putFolder", "under": "bench", "path": str(data)})

    def say(self, command: dict) -> dict:
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def spent(self) -> dict:
        """What it was asked so far, and the processor time that it took: the reader has the same cores."""
        log = self.say({"do": "log"})
        with open(f"/proc/{self.process.pid}/stat") as stat:
            ticks = stat.read().rsplit(")", 1)[1].split()[11:13]
        late = sum(1 for request in log["requests"] if (request["firstByte"] or 0) - request["started"] > 300)
        return {
            "requests": len(log["requests"]),
            "received": sum(request["bytesSent"] for request in log["requests"]),
            "round_trips": log["roundTrips"],
            "at_once": log["peakConcurrent"],
            "late": late,
            "server_cpu": sum(map(int, ticks)) / 100,
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
