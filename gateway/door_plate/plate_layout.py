"""Where plates stand on an A4 page: size, bleed, columns, and where to cut."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.config.residents.door_plates import MARGIN_MM, PAGE_MM, DoorPlateSection

_MARK = 2.5
"""Half of a cutting cross, mm."""


@dataclass(frozen=True, slots=True)
class PlateLayout:
    """All in mm. `width` and `height` are the plate's after cutting; `bleed` is colour beyond its edge on each side."""

    width: int = 95
    height: int = 69
    bleed: int = 0
    columns: int = 2

    @classmethod
    def of(cls, section: DoorPlateSection) -> PlateLayout:
        """The layout that residents.yaml asks for."""
        fit = (PAGE_MM[0] - 2 * MARGIN_MM) // (section.size.width + 2 * section.bleed)
        return cls(section.size.width, section.size.height, section.bleed, section.columns or fit)

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a plate with its bleed."""
        return self.width + 2 * self.bleed, self.height + 2 * self.bleed

    @property
    def rows(self) -> int:
        """How many plates stand above each other."""
        return max(1, (PAGE_MM[1] - 2 * MARGIN_MM) // self.cell[1])

    @property
    def per_page(self) -> int:
        """How many plates a page has."""
        return self.columns * self.rows

    @property
    def left(self) -> float:
        """The margin at the left: the plates stand in the middle."""
        return (PAGE_MM[0] - self.columns * self.cell[0]) / 2

    @property
    def upright(self) -> bool:
        """Whether the words stand below the code instead of beside it."""
        return self.height > self.width

    @property
    def scale(self) -> float:
        """Of the writing, against a plate of 95 by 69 mm."""
        narrow, low = (70, 100) if self.upright else (95, 69)
        return max(0.6, min(self.width / narrow, self.height / low, 2.0))

    @property
    def code(self) -> float:
        """Width of the code with the white around it."""
        if self.upright:
            return min(self.width - 9 * self.scale, self.height - 54 * self.scale)
        return min(self.width * (0.5 if self.scale >= 1 else 0.46), self.height - 20 * self.scale)

    def pages(self, count: int) -> int:
        """How many pages so many plates take."""
        return -(-count // self.per_page)

    def marks(self) -> str:
        """The cutting marks of a page as an SVG path, in mm."""
        across = [self.left + column * self.cell[0] + side for column in range(self.columns) for side in self._edges(0)]
        down = [MARGIN_MM + row * self.cell[1] + side for row in range(self.rows) for side in self._edges(1)]
        if not self.bleed:  # plates touch: crosses where their corners meet
            return "".join(
                f"M{x - _MARK:g} {y:g}h{2 * _MARK:g}M{x:g} {y - _MARK:g}v{2 * _MARK:g}" for x in across for y in down
            )
        # With bleed a cross would be printed onto the plate: marks stand at the page's edges, as print shops want them.
        end = MARGIN_MM + self.rows * self.cell[1]
        right = self.left + self.columns * self.cell[0]
        vertical = "".join(f"M{x:g} {MARGIN_MM - 6}v5M{x:g} {end + 1}v5" for x in across)
        return vertical + "".join(f"M{self.left - 6:g} {y:g}h5M{right + 1:g} {y:g}h5" for y in down)

    def _edges(self, side: int) -> tuple[int, int]:
        return self.bleed, self.bleed + (self.width, self.height)[side]
