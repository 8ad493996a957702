"""The tests of miniagents; a package, so that `from tests.loop import run` always means this one."""
