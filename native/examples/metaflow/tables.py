"""Ways to an Arrow table in memory: by parqlet, and by Metaflow's own S3 client."""

import os
import subprocess
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq
from metaflow import S3

# In memory where the machine has a place for files there. In a container it may be small: @resources(shared_memory=...).
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()


def parqlet(*arguments):
    """Runs the command; what it printed."""
    program = os.environ.get("PARQLET", "parqlet")
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def load(*arguments):
    """What `parqlet load` gives, mapped into memory without a copy. The file has no name any more when this returns, and
    goes with the table."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        path = os.path.join(folder, "table.arrow")
        parqlet("load", *arguments, "-o", path)
        return pa.ipc.open_file(pa.memory_map(path)).read_all()


def load_split(plan, number):
    """One split of a plan that `parqlet plan --splits` printed."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "splits.json")
        with open(path, "w") as file:
            file.write(plan)
        return load("--split", f"{path}#{number}")


def load_with_metaflow(prefix, columns):
    """Metaflow's recipe: all files onto the disk, then one table after the other."""
    with S3() as s3:
        files = s3.get_many([entry.url for entry in s3.list_recursive([prefix])])
        return pa.concat_tables([pq.read_table(file.path, columns=columns) for file in files])
