"""The procedures that Anju brings, one YAML file each in the folder `procedures` beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from gateway.config.desk.procedures import SHIPPED, Procedure, ProcedureSection

FOLDER = Path(__file__).parent / "procedures"


@cache
def shipped_procedure(name: str) -> Procedure:
    """The shipped procedure of that name, one of SHIPPED."""
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    return Procedure.model_validate(YAML(typ="safe").load(text))


def procedures_in_use(section: ProcedureSection) -> tuple[Procedure, ...]:
    """The compound's own, then the shipped ones that no own one of the same id replaces."""
    own = {procedure.id for procedure in section.own}
    used = (name for name in dict.fromkeys(section.use) if name in SHIPPED and name not in own)
    return (*section.own, *(shipped_procedure(name) for name in used))
