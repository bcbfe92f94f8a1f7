"""Runs the notebooks from top to bottom.

    python execute.py          runs them, and checks what is kept of their outputs
    python execute.py --keep   the same, and keeps the plots of this run in the files
"""

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
IMAGE = "image/png"


def execute(notebook):
    """Fills in the outputs. An error in a cell is an error here."""
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=120, resources={"metadata": {"path": NOTEBOOKS}}
    )
    # Over sockets in the file system: what the notebook prints is not for others on this machine.
    with tempfile.TemporaryDirectory() as folder:
        manager = client.create_kernel_manager()
        manager.transport = "ipc"
        manager.ip = f"{folder}/kernel"
        client.execute()


def plots(outputs):
    """The images among the outputs of a cell, and nothing else of them."""
    shown = [output for output in outputs if IMAGE in output.get("data", {})]
    return [
        nbformat.v4.new_output("display_data", data={IMAGE: output["data"][IMAGE]})
        for output in shown
    ]


def without_outputs(notebook):
    """What is kept of a notebook that ran: its plots. Secrets, tokens and addresses of a run are not."""
    for cell in code_cells(notebook):
        cell.outputs = plots(cell.outputs)
        cell.execution_count = None
        cell.metadata = {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def check(path, keep):
    """What is wrong with a notebook, as a list of sentences."""
    kept = nbformat.read(path, as_version=4)
    before = nbformat.writes(kept)
    problems = []
    if nbformat.writes(without_outputs(nbformat.reads(before, as_version=4))) != before and not keep:
        problems.append("it keeps outputs that are no plots; --keep takes them out")
    try:
        ran = nbformat.reads(before, as_version=4)
        execute(ran)
    except CellExecutionError as error:
        return [*problems, str(error)]
    here = [len(plots(cell.outputs)) for cell in code_cells(ran)]
    if keep:
        nbformat.write(without_outputs(ran), path)
    elif here != [len(cell.outputs) for cell in code_cells(kept)]:
        problems.append("the plots that it keeps are not those that it draws; --keep renews them")
    return problems


def main():
    keep = sys.argv[1:] == ["--keep"]
    failed = 0
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    for path in paths:
        problems = check(path, keep)
        print(f"{path.name}: {'; '.join(problems) or 'ok'}")
        failed += bool(problems)
    print(f"{len(paths) - failed} passed, {failed} failed")
    return int(failed > 0 or not paths)


if __name__ == "__main__":
    sys.exit(main())
