"""A data set in parts, each in a task of its own: on one machine, or on as many as there are splits.

    PARQLET=/path/to/parqlet python flow.py run --data s3://bucket/rides/ --splits 8

`start` reads the footers and nothing else. What it makes of them is text, an artifact like any other: a task needs no
file of another machine to know its part.
"""

import json
import time

from metaflow import FlowSpec, Parameter, step

from sums import by_city, together
from tables import load_split, parqlet


class SplitFlow(FlowSpec):
    data = Parameter("data", help="The files, as `parqlet ls` takes them", required=True)
    splits = Parameter("splits", help="How many parts", default=4)

    @step
    def start(self):
        self.plan = parqlet("plan", self.data, "-c", "city,fare", "--splits", str(self.splits))
        self.parts = list(enumerate(json.loads(self.plan)["splits"]))
        self.next(self.part, foreach="parts")

    @step
    def part(self):
        number, planned = self.input
        began = time.monotonic()
        table = load_split(self.plan, number)
        self.seconds = time.monotonic() - began
        assert table.num_rows == planned["rows"]
        self.bytes = planned["bytes"]
        self.schema = str(table.schema)
        self.sums = by_city(table)
        self.next(self.join)

    @step
    def join(self, inputs):
        parts = list(inputs)
        assert len({part.schema for part in parts}) == 1
        self.sums = together([part.sums for part in parts])
        self.bytes = [part.bytes for part in parts]
        self.seconds = [part.seconds for part in parts]
        self.next(self.end)

    @step
    def end(self):
        print(json.dumps({"sums": self.sums.to_pydict(), "bytes": self.bytes, "seconds": self.seconds}))


if __name__ == "__main__":
    SplitFlow()
