"""Run any RML processor on the exactness suite: python -m tests.exactness COMMAND with {mapping} and {output}.

The command runs in a folder with the data, once for each form. It must write N-Quads or N-Triples.
"""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, parse

from tests.exactness.suite import FORMS, Form, expected, lay_out

__all__ = ["main", "verdict"]

_SECONDS = 120


def main(command: Sequence[str]) -> int:
    """Print a line for each form and what is wrong with its output; 1 when something is."""
    if not any("{mapping}" in word for word in command):
        print(__doc__)
        return 2
    failed = 0
    for form in FORMS:
        told = verdict(form, command)
        failed += bool(told)
        print(f"{form.name:<26} {told[0] if told else 'exact'}")
        for line in told[1:]:
            print(f"    {line}")
    print(f"\n{len(FORMS) - failed} of {len(FORMS)} exact")
    return int(failed > 0)


def verdict(form: Form, command: Sequence[str]) -> list[str]:
    """What is wrong with the output of a command for a form, the first line a summary; nothing when it is exact."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = folder / "output.nq"
        mapping = lay_out(form, folder)
        words = [word.replace("{mapping}", str(mapping)).replace("{output}", str(output)) for word in command]
        try:
            run = subprocess.run(words, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return [f"did not run: {error}"]
        data = output.read_bytes() if output.exists() else run.stdout
        if run.returncode:
            return [f"refused: exit code {run.returncode}", *run.stderr.decode(errors="replace").splitlines()[-3:]]
    try:
        found = _quads(data)
    except SyntaxError as error:
        return [f"its output is not N-Quads: {error}"]
    wanted = _quads("".join(f"{line}\n" for line in expected(form)).encode())
    wrong, missing = found - wanted, wanted - found
    if not wrong and len(missing) == form.left_out:
        return []
    summary = f"{len(wrong)} quads wrong, {len(missing) - form.left_out} missing, of {len(wanted) - form.left_out}"
    return [summary, *(f"wrong: {quad}" for quad in sorted(map(str, wrong))[:5])]


def _quads(data: bytes) -> set[Quad]:
    return set(parse(data, RdfFormat.N_QUADS))


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(main(shlex.split(words[0]) if len(words) == 1 else words))
