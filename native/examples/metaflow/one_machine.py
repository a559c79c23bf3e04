"""A data set into the memory of one machine: by Metaflow's recipe, and by one `parqlet load` in its place.

    PARQLET=/path/to/parqlet python one_machine.py run --data s3://bucket/rides/
"""

import json
import time

from metaflow import FlowSpec, Parameter, step

from sums import by_city
from tables import load, load_with_metaflow


class OneMachineFlow(FlowSpec):
    data = Parameter("data", help="The prefix of the files", required=True)

    @step
    def start(self):
        self.next(self.by_parqlet)

    @step
    def by_parqlet(self):
        began = time.monotonic()
        table = load(self.data, "-c", "city,fare")
        self.parqlet_seconds = time.monotonic() - began
        self.sums = by_city(table)
        self.next(self.by_metaflow)

    @step
    def by_metaflow(self):
        began = time.monotonic()
        table = load_with_metaflow(self.data, ["city", "fare"])
        self.metaflow_seconds = time.monotonic() - began
        assert by_city(table) == self.sums
        self.next(self.end)

    @step
    def end(self):
        seconds = {"parqlet": self.parqlet_seconds, "metaflow": self.metaflow_seconds}
        print(json.dumps({"sums": self.sums.to_pydict(), "seconds": seconds}))


if __name__ == "__main__":
    OneMachineFlow()
