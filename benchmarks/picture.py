"""Horizontal bars as SVG, legible on light and dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Bar", "Panel", "picture"]

_LEFT, _WIDTH, _STEP, _TOTAL = 210, 380, 22, 860
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 }
.ours { fill: #0a7d55 } .other { fill: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #3fb98a } .other { fill: #6e7681 } }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar. length: in the unit of all bars of its panel; 0 draws none. told: what stands at its end."""

    name: str
    length: float
    told: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars to one scale below a title."""

    title: str
    bars: Sequence[Bar]


def picture(title: str, panels: Sequence[Panel]) -> str:
    """The panels below each other."""
    lines, at = [f'<text class="title" x="0" y="16">{escape(title)}</text>'], 24
    for panel in panels:
        at += _STEP
        lines.append(f'<text class="title" x="0" y="{at + 4}">{escape(panel.title)}</text>')
        longest = max((bar.length for bar in panel.bars), default=0) or 1
        for bar in panel.bars:
            at += _STEP
            width = bar.length / longest * _WIDTH
            kind = "ours" if bar.ours else "other"
            lines.append(f'<text x="{_LEFT - 8}" y="{at + 4}" text-anchor="end">{escape(bar.name)}</text>')
            lines.append(f'<rect class="{kind}" x="{_LEFT}" y="{at - 8}" width="{width:.1f}" height="16"/>')
            lines.append(f'<text x="{_LEFT + width + 6:.1f}" y="{at + 4}">{escape(bar.told)}</text>')
        at += _STEP // 2
    size = f'viewBox="0 0 {_TOTAL} {at + 12}" width="{_TOTAL}" height="{at + 12}"'
    body = "\n".join(lines)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
