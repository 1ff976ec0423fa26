"""A run's record says where it was computed; no system is an error."""

import json
import platform
import sys
from importlib.metadata import version

import pytest

from lab import machine

X86 = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Processor @ 2.00GHz
flags\t\t: fpu sse2 fma avx avx2 avx512f avx512_bf16 amx_bf16 amx_tile
bugs\t\t: spectre_v1

processor\t: 1
model name\t: another
flags\t\t: avx_vnni
"""
ARM = """processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd evtstrm asimddp bf16
CPU implementer\t: 0x41
"""


def on(monkeypatch, tmp_path, cpuinfo=None, system="linux", name=""):
    """A machine of another kind; without cpuinfo the system has no such list."""
    file = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        file.write_text(cpuinfo, "utf-8")
    monkeypatch.setattr(machine, "CPUINFO", file)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "processor", lambda: name)
    return machine.environment()


def test_this_machine_is_told_and_can_be_written_down():
    found = machine.environment(["pytest", "no-such-package"])
    assert found["python"] == platform.python_version()
    assert found["platform"] == sys.platform
    assert found["cpu"]
    assert found["packages"] == {"pytest": version("pytest"), "no-such-package": None}
    assert json.loads(json.dumps(found)) == found


def test_the_first_processor_of_an_x86_linux_has_its_name_and_the_flags_that_matter(monkeypatch, tmp_path):
    found = on(monkeypatch, tmp_path, X86)
    assert found["cpu"] == "Intel(R) Xeon(R) Processor @ 2.00GHz"
    assert found["cpu_flags"] == ["avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16"]


def test_an_arm_linux_has_features_and_the_name_that_python_knows(monkeypatch, tmp_path):
    found = on(monkeypatch, tmp_path, ARM, name="aarch64")
    assert (found["cpu"], found["cpu_flags"]) == ("aarch64", ["asimd", "asimddp", "bf16"])


@pytest.mark.parametrize("system", ["win32", "emscripten", "linux"])
def test_a_system_without_a_list_is_no_error(system, monkeypatch, tmp_path):
    found = on(monkeypatch, tmp_path, system=system, name="AMD64 Family 25")
    assert (found["cpu"], found["cpu_flags"], found["packages"]) == ("AMD64 Family 25", [], {})
    assert on(monkeypatch, tmp_path, system=system)["cpu"] == platform.machine()


def test_a_mac_is_asked_by_sysctl(monkeypatch, tmp_path):
    said = {"machdep.cpu.brand_string": "Intel(R) Core(TM) i7", "machdep.cpu.leaf7_features": "AVX2 BMI1"}
    said["machdep.cpu.features"] = "FPU FMA AVX1.0"
    monkeypatch.setattr(machine, "system_value", lambda name: said.get(name, ""))
    found = on(monkeypatch, tmp_path, system="darwin")
    assert (found["cpu"], found["cpu_flags"]) == ("Intel(R) Core(TM) i7", ["avx2", "fma"])
    said.clear()
    said["machdep.cpu.brand_string"] = "Apple M1"
    assert on(monkeypatch, tmp_path, system="darwin")["cpu_flags"] == []


def test_a_value_that_sysctl_has_not_or_no_sysctl_at_all_is_empty(monkeypatch, tmp_path):
    assert machine.system_value("no.such.name") == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.system_value("machdep.cpu.brand_string") == ""
