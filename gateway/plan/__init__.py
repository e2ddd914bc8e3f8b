"""The compound's plan (电子地图): drawings, and where each device and place is on them.

`make` turns a configuration into a SitePlan: plan.yaml's drawings and positions; drawings made of the places where it
has none (`site_layout`, `building_layout`); devices without a position spread over their place (`spread`).
`yaml_edit` puts an installer's changes into plan.yaml and keeps its comments and order.
"""

from gateway.config.plan import DrawingImage
from gateway.plan.model import Anchor, DevicePoint, PlanDrawing, Shape, SitePlan
from gateway.plan.site_plan import make
from gateway.plan.svg import svg

__all__ = ["Anchor", "DevicePoint", "DrawingImage", "PlanDrawing", "Shape", "SitePlan", "make", "svg"]
