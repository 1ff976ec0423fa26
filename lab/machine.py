"""Where was a run computed? Python, processor and packages: what its last digits and its time depend on.

Standard library only.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")
# Which kernels a matrix library picks follows from these, and with them speed and the last digits.
CPU_FLAGS = (
    *("avx", "avx2", "fma", "f16c", "avx_vnni"),
    *("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_tile", "amx_int8", "amx_bf16", "amx_fp16"),
    *("neon", "asimd", "asimdhp", "asimddp", "bf16", "i8mm", "sve", "sve2"),
)


def environment(packages: Collection[str] = ()) -> dict[str, Any]:
    """python, platform, cpu, cpu_flags (those of CPU_FLAGS that the processor has), and packages.

    `packages` maps the names asked for to their versions, None where one is not installed. What the system
    does not tell is left empty, never an error.
    """
    cpu, flags = processor()
    return {
        "python": platform.python_version(),
        "platform": sys.platform,
        "cpu": cpu or platform.processor() or platform.machine(),
        "cpu_flags": [flag for flag in CPU_FLAGS if flag in flags],
        "packages": {name: version(name) for name in packages},
    }


def processor() -> tuple[str, set[str]]:
    """The processor's model name and all its flags; "" and none where the system keeps them to itself."""
    if sys.platform == "darwin":
        # Apple's own processors have no list of flags.
        flags = system_value("machdep.cpu.features") + " " + system_value("machdep.cpu.leaf7_features")
        return system_value("machdep.cpu.brand_string"), set(flags.lower().split())
    try:
        return in_cpuinfo(CPUINFO.read_text("utf-8", "replace"))
    except OSError:
        return "", set()


def in_cpuinfo(text: str) -> tuple[str, set[str]]:
    """The name and the flags of the first processor in Linux's list."""
    name = re.search(r"^model name\s*:\s*(.*\S)", text, re.M)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)", text, re.M)
    return name[1] if name else "", set(flags[1].split()) if flags else set()


def system_value(name: str) -> str:
    """What macOS's sysctl says of a name; "" where it knows none such."""
    import subprocess  # the browser has none to run

    try:
        return subprocess.run(["sysctl", "-n", name], capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def version(package: str) -> str | None:
    """The installed version of a package, None where it is not installed."""
    from importlib import metadata  # slow to import, and in the browser nobody asks

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
