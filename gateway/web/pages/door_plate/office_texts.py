"""The texts of the property's page of door plates."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.door_plate.plate_states import PlateStage
from gateway.model import Words

STAGES: Mapping[PlateStage, Words] = {
    PlateStage.NONE: Words("未制作", "not made"),
    PlateStage.PRINTED: Words("已制作，未挂", "printed, not hung"),
    PlateStage.HUNG: Words("已挂", "hung"),
    PlateStage.REVOKED: Words("已作废", "revoked"),
}
TEXTS: Mapping[str, Words] = {
    "html_language": Words("zh-CN", "en"),
    "other_language": Words("English", "中文"),
    "title": Words("门牌管理", "Door plates"),
    "all": Words("全部", "All"),
    "where": Words("楼栋、单元", "Building or unit"),
    "stage": Words("状态", "State"),
    "any": Words("不限", "any"),
    "filter": Words("筛选", "Show"),
    "print": Words("打印门牌", "Print plates"),
    "print_hint": Words(
        "再次打印得到同样的码。打印件等同钥匙，请妥善保管。",
        "Printing again gives the same codes. Treat the sheets like keys.",
    ),
    "width": Words("宽（毫米）", "Width, mm"),
    "height": Words("高（毫米）", "Height, mm"),
    "bleed": Words("出血（毫米）", "Bleed, mm"),
    "columns": Words("每行几块", "Columns"),
    "batches": Words("分批", "Batches"),
    "unit": Words("按单元", "by unit"),
    "building": Words("按楼栋", "by building"),
    "none": Words("不分", "none"),
    "open_sheets": Words("生成打印页", "Make the sheets"),
    "change": Words("作废、换新", "Revoke, reissue"),
    "change_hint": Words(
        "作废后旧码立即失效；再有人扫到，值班室会收到警情。",
        "Old codes end at once; a scan of one is an alert in the guard room.",
    ),
    "room": Words("房间", "Room"),
    "why": Words("原因", "Why"),
    "revoke": Words("作废", "Revoke"),
    "reissue": Words("作废并换新", "Revoke and make new ones"),
    "issued": Words("制作", "Printed"),
    "hung": Words("挂牌", "Hung"),
    "by": Words("经手人", "By"),
    "nothing": Words("没有符合的门牌。", "No plate fits."),
    "next": Words("下一页", "Next page"),
    "revoked": Words("已作废 {count} 块", "{count} revoked"),
    "reissued": Words("已换新 {count} 块，请打印并挂上", "{count} made anew: print and hang them"),
    "no_rooms": Words("没有这个房间或楼栋。", "There is no such room or building."),
    "no_why": Words("请写明原因。", "Please say why."),
    "bad_size": Words("尺寸不对：一页放不下，或小于 70×45 毫米。", "That size fits no page, or is below 70×45 mm."),
}


def texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}
