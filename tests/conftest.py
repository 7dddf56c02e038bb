"""For all tests, and the programs that they start."""

import os

# Several tests run at a time, each with a core; threads of BLAS that wait for each other would hold all of them up.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
