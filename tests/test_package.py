"""Importing is cheap and needs nothing."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_no_optional_library() -> None:
    loaded = run("import bayou, sys; bayou.Lake; bayou.connect; print(*sys.modules)").split()
    assert "bayou._bayou" in loaded
    for library in ("pandas", "pyarrow", "numpy", "polars", "matplotlib", "tqdm", "boto3"):
        assert library not in loaded


def test_missing_library_error_names_the_extra() -> None:
    out = run(
        "import sys; sys.modules['pyarrow'] = None; sys.modules['polars'] = None\n"
        "import bayou\n"
        "import tempfile\n"
        "lake = bayou.Lake(tempfile.mkdtemp())\n"
        "stream = lake.stream('s'); stream.put_records([b'1'])\n"
        "for call in (stream.read().to_arrow, stream.read().to_pandas, stream.read().to_polars):\n"
        "    try: call()\n"
        "    except bayou.errors.MissingDependencyError as error:\n"
        "        assert isinstance(error, ImportError); print(error.hint)\n"
    )
    assert out.split() == ["pip", "install", "'bayou[pandas]'"] * 2 + ["pip", "install", "'bayou[polars]'"]


def test_forked_child_gets_an_error_that_names_spawn() -> None:
    out = run(
        "import bayou, os, tempfile\n"
        "stream = bayou.Lake(tempfile.mkdtemp()).stream('s')\n"
        "stream.put_records([b'1'])\n"
        "if os.fork() == 0:\n"
        "    try: stream.put_records([b'2'])\n"
        "    except bayou.errors.ForkedProcessError as error: print('spawn' in str(error), flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    assert out.split() == ["True"]
