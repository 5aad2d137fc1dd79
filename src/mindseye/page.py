"""A page of pictures and words: one HTML file that carries everything inside."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import PIL.Image

from .errors import InputError
from .printable import printable
from .whole_files import write_whole

STYLE = """
:root{--ink:#1d2330;--soft:#667;--paper:#fbfaf7;--card:#fff;--line:#e4e2da;--accent:#3b5bdb}
@media(prefers-color-scheme:dark){:root{--ink:#e8e8ea;--soft:#9aa;--paper:#16181d;--card:#1f2229;--line:#333842;
--accent:#8fa8ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:2.5rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:17px/1.6 system-ui,sans-serif}
h1{font-size:2rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 .75rem}
p{margin:.5rem 0}.soft{color:var(--soft)}
.row{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.75rem;max-width:100%}
figure img{display:block;width:192px;max-width:100%;height:auto;border-radius:6px;background:#fff}
.small img{width:112px}
figcaption{margin-top:.5rem;width:192px;max-width:100%;font-size:.9rem;line-height:1.35}.small figcaption{width:112px;
font-size:.78rem}
.arrow{align-self:center;font-size:1.6rem;color:var(--accent)}
blockquote{margin:.75rem 0;padding:.6rem 1rem;background:var(--card);border-left:3px solid var(--accent);
border-radius:0 8px 8px 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{text-align:left;padding:.4rem .75rem;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
"""


class Page:
    """Grows from top to bottom; `save` writes it."""

    def __init__(self, title: str, subtitle: str = "") -> None:
        self._title = title
        self._body = [f"<h1>{_safe(title)}</h1>"]
        if subtitle:
            self._body.append(f'<p class="soft">{_safe(subtitle)}</p>')

    def heading(self, text: str) -> None:
        """A section begins."""
        self._body.append(f"<h2>{_safe(text)}</h2>")

    def text(self, text: str) -> None:
        """A paragraph."""
        self._body.append(f"<p>{_safe(text)}</p>")

    def quote(self, text: str) -> None:
        """Something that was said."""
        self._body.append(f"<blockquote>{_safe(text)}</blockquote>")

    def pictures(self, shown: Sequence[tuple[PIL.Image.Image, str]], arrows: bool = False, small: bool = False) -> None:
        """Pictures with captions side by side, with arrows between them where one becomes the next."""
        figures = [
            f'<figure><img src="{_data_url(image)}" alt="{_safe(caption)}"><figcaption>{_safe(caption)}</figcaption>'
            "</figure>"
            for image, caption in shown
        ]
        between = '<div class="arrow">&rarr;</div>' if arrows else ""
        self._body.append(f'<div class="row{" small" if small else ""}">{between.join(figures)}</div>')

    def table(self, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table; cells that hold numbers are set flush right."""
        head = "".join(f"<th>{_safe(str(cell))}</th>" for cell in header)
        lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
        self._body.append(f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>')

    def save(self, path: str | Path) -> Path:
        """Write the page; raises InputError where that is impossible."""
        path = Path(path)
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        page = (
            f'<!doctype html><html lang="en"><head>{head}<title>{_safe(self._title)}</title><style>{STYLE}</style>'
            f"</head><body>{''.join(self._body)}</body></html>"
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, page)
        except OSError as error:
            raise InputError(f"the page cannot be written to {path}: {error.strerror or error}") from error
        return path


def _cell(value: object) -> str:
    is_number = isinstance(value, (int, float)) or str(value).rstrip(" %dBs").replace(".", "", 1).isdigit()
    return f'<td class="n">{_safe(str(value))}</td>' if is_number else f"<td>{_safe(str(value))}</td>"


def _safe(text: str) -> str:
    return html.escape(printable(text)).replace("\n", "<br>")


def _data_url(image: PIL.Image.Image) -> str:
    """The picture as PNG in a URL; small ones are enlarged, since browsers blur them in odd ways."""
    if max(image.size) < 192:
        factor = 384 // max(image.size)
        image = image.resize((image.width * factor, image.height * factor), PIL.Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
