"""From what people write to a snapshot: the pipeline, what it reads, checks, counts and leaves behind."""

from kg.pipeline.build import build, fresh, input_files, make_quads, write_dump
from kg.pipeline.content import Content, read_content, write_locks
from kg.pipeline.dataset import Dataset, read_dataset
from kg.pipeline.gate import Gate, gates_json, render_gates, run_gates
from kg.pipeline.report import make_report, render_report
from kg.pipeline.sent import sent_facts, write_sent_locks
from kg.pipeline.snapshot import Snapshot, current

__all__ = [
    "Content",
    "Dataset",
    "Gate",
    "Snapshot",
    "build",
    "current",
    "fresh",
    "gates_json",
    "input_files",
    "make_quads",
    "make_report",
    "read_content",
    "read_dataset",
    "render_gates",
    "render_report",
    "run_gates",
    "sent_facts",
    "write_dump",
    "write_locks",
    "write_sent_locks",
]
