"""plan.yaml: optional; drawings must be safe images, positions must be on them; mistakes with line and fix."""

import pytest
from PIL import Image

from gateway.config.difference import compare
from gateway.config.plan import PlanSettings

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">{}</svg>'
DRAWING = SVG.format("<path d='M0 0h9'/>")
SITE = "drawings:\n  - {id: site, file: site.svg}\n"


@pytest.fixture
def plan(folder):
    """Writes plan.yaml beside a drawing of 400 × 300; returns the mistakes."""
    folder.panel()

    def write(text, drawing=DRAWING):
        (folder.path / "site.svg").write_text(drawing, "utf-8")
        (folder.path / "plan.yaml").write_text(text, "utf-8")
        return folder.mistakes()

    return write


def test_without_the_file_and_without_keys_there_is_no_drawing(folder, plan):
    assert folder.load().plan == PlanSettings()
    assert plan("# nothing yet\n") == []
    assert folder.load().plan == PlanSettings()


def test_its_keys_are_read_and_in_the_fingerprint(folder, plan):
    before = folder.load().fingerprint
    assert plan(f"{SITE}devices:\n  p1: {{drawing: site, x: 10, y: 20, direction: 90}}\n") == []
    after = folder.load()
    assert after.plan.devices["p1"].direction == 90
    assert after.plan.drawings[0].extent == (400, 300)
    assert after.fingerprint != before


def test_the_shipped_file_has_no_drawing_and_no_mistake(root, folder, plan):
    assert plan((root / "config/plan.yaml").read_text("utf-8")) == []
    assert folder.load().plan == PlanSettings()


def test_positions_must_be_on_their_drawing(plan):
    told = plan(
        f"{SITE}devices:\n"
        "  p1: {drawing: site, x: 401, y: 20}\n"
        "  p2: {drawing: site, x: 1, y: 2}\n"
        "places:\n"
        "  gate/east: {drawing: sitee, at: [1, 2]}\n"
        "  wall/n1: {drawing: site, outline: [[0, 0], [10, 0]]}\n"
        "  b3/u1: {drawing: site}\n"
    )
    assert told == [
        "plan.yaml:5: 'p2': device 'p2' does not exist, use one of p1",
    ]
    told = plan(
        f"{SITE}devices:\n"
        "  p1: {drawing: site, x: 401, y: 20}\n"
        "places:\n"
        "  gate/east: {drawing: sitee, at: [1, 2]}\n"
        "  wall/n1: {drawing: site, outline: [[0, 0], [10, 0]]}\n"
        "  b3/u1: {drawing: site}\n"
    )
    assert told == [
        "plan.yaml:4: [401, 20] is outside of the drawing 'site', x is at most 400, y at most 300",
        "plan.yaml:6: drawing 'sitee' does not exist, did you mean 'site'?",
        "plan.yaml:7: an outline has three corners or more, add the missing ones",
        "plan.yaml:8: 'b3/u1' has no position, give 'at: [x, y]' or an outline",
    ]


def test_a_building_that_has_no_drawing_can_be_referred_to(plan):
    assert plan(f"{SITE}devices: {{p1: {{drawing: b3, x: 1, y: 2}}}}\n") == []
    assert plan("devices: {p1: {drawing: site, x: 1, y: 2}}\n") == []


def test_drawings_are_a_tree(plan):
    told = plan(
        "drawings:\n"
        "  - {id: site, file: site.svg, parent: floor}\n"
        "  - {id: floor, file: site.svg, parent: site}\n"
        "  - {id: floor, file: site.svg, place: gate/west}\n"
    )
    assert told == ["plan.yaml:4: place 'gate/west' does not exist, did you mean 'gate/east'?"]
    told = plan(
        "drawings:\n"
        "  - {id: site, file: site.svg, parent: floor}\n"
        "  - {id: floor, file: site.svg, parent: site}\n"
        "  - {id: floor, file: site.svg}\n"
    )
    assert told == [
        "plan.yaml:2: 'site' would be above itself, give another parent",
        "plan.yaml:3: 'floor' would be above itself, give another parent",
        "plan.yaml:4: duplicate drawing 'floor', choose another (line 3 has it already)",
    ]


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("<script>alert(1)</script>", "<script>, which is not allowed in a drawing"),
        ("<foreignObject/>", "<foreignObject>, which is not allowed in a drawing"),
        ("<path onclick='x()'/>", "the script onclick=…"),
        ("<g><x:iframe xmlns:x='http://www.w3.org/1999/xhtml'/></g>", "<iframe>, which is not allowed in a drawing"),
        ("<image href='http://example.org/a.png'/>", "a reference to 'http://example.org/a.png'"),
        ("<image href='data:image/svg+xml;base64,PHN2Zy8+'/>", "a reference to 'data:image/svg+xml;base64,PHN2Zy8+'"),
        ("<use href='other.svg#a'/>", "a reference to 'other.svg#a'"),
        ("<a href='javascript:alert(1)'/>", "a reference to 'javascript:alert(1)'"),
        ("<style>@import 'a.css';</style>", "a style that loads another file"),
        ("<path style='fill:url( \"http://example.org/a\" )'/>", "a style that loads another file"),
        ("<style>a{b:u\\72l(x)}</style>", "an escaped character in a style"),
        ("<animate attributeName='href' to='x'/>", "<animate>, which is not allowed in a drawing"),
        ("<?xml-stylesheet href='a.css'?>", "<?xml-stylesheet …?>"),
    ],
)
def test_an_svg_that_could_do_more_than_draw_is_refused(plan, inside, what):
    [told] = plan(SITE, SVG.format(f"\n{inside}"))
    assert told.startswith(f"plan.yaml:2: file 'site.svg', line 2, has {what}, ")


def test_entities_are_refused_before_they_grow(plan):
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + SVG.format("<text>&b;</text>")
    [told] = plan(SITE, bomb)
    assert "a DOCTYPE with declarations of its own" in told


def test_what_drawings_use_is_allowed(plan):
    drawing = SVG.format(
        "<defs><linearGradient id='g'/></defs><style>.a{fill:url(#g)}</style><use href='#g'/>"
        "<path style='fill:url(\"#g\")'/><image href='data:image/png;base64,iVBORw0KGgo='/><text>一号楼</text>"
        "<metadata><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></metadata>"
    )
    assert plan(SITE, drawing) == []


@pytest.mark.parametrize(
    ("drawing", "what"),
    [
        ("not a drawing", "is no SVG: line 1, syntax error"),
        ("<html/>", "line 1, has <html> where <svg> belongs"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "has no size"),
    ],
)
def test_what_is_no_drawing_is_refused(plan, drawing, what):
    [told] = plan(SITE, drawing)
    assert what in told


def test_pictures_are_opened(folder, plan):
    Image.new("RGB", (64, 32)).save(folder.path / "floor.png")
    (folder.path / "broken.png").write_bytes((folder.path / "floor.png").read_bytes()[:40])
    assert plan("drawings:\n  - {id: floor, file: floor.png, size: [640, 320]}\n") == []
    assert folder.load().plan.drawings[0].extent == (640, 320)
    [told] = plan("drawings:\n  - {id: floor, file: floor.png, size: [640, 640]}\n")
    assert "has another shape than the file, which is 64 × 32, write [640, 320], or leave it out" in told
    [told] = plan("drawings:\n  - {id: floor, file: broken.png}\n")
    assert "file 'broken.png' is no PNG image, or a broken one" in told
    [told] = plan("drawings:\n  - {id: floor, file: plan.yaml}\n")
    assert "file 'plan.yaml' is no drawing, give an SVG, PNG or JPEG file" in told


def test_a_file_outside_of_the_folder_is_refused(folder, plan, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site.svg"
    elsewhere.write_text(SVG.format(""), "utf-8")
    (folder.path / "link.svg").symlink_to(elsewhere)
    for name in (elsewhere, "link.svg"):
        [told] = plan(f"drawings:\n  - {{id: site, file: {name}}}\n")
        assert "is outside of the configuration's folder, copy it into that folder" in told


def test_a_changed_drawing_is_a_difference(folder, plan):
    plan(SITE)
    before = folder.load()
    plan(SITE, SVG.format("<path d='M1 1h9'/>"))
    assert compare(before, folder.load()).settings == ("plan.drawings",)
