"""A process that keeps freed memory touches fresh pages only once; seen in the system's count of page faults."""

import subprocess
import sys

import pytest

_ROUNDS = """
import resource, sys
import torch
from fer_models.system import keep_freed_memory

if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit(3)
torch.set_num_threads(1)
def work():
    torch.ones(12_000_000)  # 48 MB: above what glibc keeps by itself
for _ in range(10):  # the heap settles after a few rounds, depending on what was allocated before
    work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(way: str) -> int:
    done = subprocess.run([sys.executable, "-c", _ROUNDS, way], capture_output=True, text=True)
    if done.returncode == 3:
        pytest.skip("This system's C library is not glibc.")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc only")
def test_freed_memory_is_used_again() -> None:
    kept, plain = _faults("keep"), _faults("plain")
    assert kept < 5_000  # five times 48 MB would be 60,000 pages of 4 KB
    assert kept < plain / 5
