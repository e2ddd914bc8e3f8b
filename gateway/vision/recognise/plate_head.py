"""Trims the head of PP-OCRv6's recogniser to characters found at a roadside: 18,710 become some 300.

The same accuracy at three quarters of the time and half the size (MEASURED.md, Plates). Beside the plates' own
characters some stay only in order to be *not* a plate: Latin letters and the commonest characters of signs, without
which a shop's name would have to be read as one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

_VERSION = 2

COMMON_CHARACTERS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行"
    "学法所民得经三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前"
    "外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系"
    "军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见"
    "计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争"
    "店酒车库停限禁止注意安全出租客货公司汽服务中心路号楼小区银行饭馆超市医院校园"
)
"""The commonest characters of written Chinese, and of what is written on doors, walls and vans."""


def model_name(alphabet: str) -> str:
    """File name of the trimmed model: another alphabet or _VERSION makes another model."""
    digest = hashlib.sha256((alphabet + COMMON_CHARACTERS).encode()).hexdigest()
    return f"plate-head-{_VERSION}-{digest[:8]}"


def kept_columns(characters: list[str], alphabet: str) -> list[int]:
    """The columns of the whole head that stay: the blank first, then `alphabet` and other characters."""
    place = {character: column for column, character in enumerate(characters, start=1)}
    latin = "".join(chr(code) for code in range(0x21, 0x7F))
    characters_kept = dict.fromkeys(alphabet + latin + "·•。〇" + COMMON_CHARACTERS)
    return [0, *(place[character] for character in characters_kept if character in place)]


def trim_head(source: Path, alphabet: str) -> bytes:
    """The model at `source` with the smaller head, as ONNX. Raises ImportError without the `onnx` package."""
    import onnx  # noqa: PLC0415  only the first start needs it

    model = onnx.load(str(source))
    described = {entry.key: entry for entry in model.metadata_props}
    characters = described["character"].value.split("\n")
    kept = kept_columns(characters, alphabet)
    for tensor in _head(model.graph):
        whole = onnx.numpy_helper.to_array(tensor)
        tensor.CopyFrom(onnx.numpy_helper.from_array(whole[..., kept].copy(), tensor.name))
    described["character"].value = "\n".join(characters[column - 1] for column in kept[1:])
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(kept)
    made: bytes = model.SerializeToString()
    return made


def _head(graph: Any) -> list[Any]:
    """Weights and bias of the last layer: the tensors as wide as the output."""
    width = graph.output[0].type.tensor_type.shape.dim[2].dim_value
    found = [tensor for tensor in graph.initializer if tensor.dims and tensor.dims[-1] == width]
    if len(found) != 2:
        raise ValueError(f"a head of {len(found)} tensors instead of weights and bias")
    return found
