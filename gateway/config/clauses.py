"""The rules of law that findings name. What follows from a clause is our reading, and no legal advice."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Words


@dataclass(frozen=True, slots=True)
class Clause:
    """A law, and where in it; `article` is empty where we name the law alone."""

    law: Words
    article: str = ""

    @property
    def words(self) -> Words:
        """Such as `《…》第10条` and `… art. 10`."""
        if not self.article:
            return self.law
        return Words(f"{self.law.zh}第{self.article}条", f"{self.law.en}, art. {self.article}")


PIPL = Words("《个人信息保护法》", "Personal Information Protection Law (PIPL)")
FACES = Words(
    "《人脸识别技术应用安全管理办法》", "Measures on face recognition (人脸识别技术应用安全管理办法, since 2025-06-01)"
)
VIDEO = Words(
    "《公共安全视频图像信息系统管理条例》（国令第799号）",
    "Regulations on public security video systems (State Council Order 799, since 2025-04-01)",
)
FACE_PURPOSE = Clause(FACES, "4")
FACE_NOTICE = Clause(FACES, "5")
FACE_CONSENT = Clause(FACES, "6")
FACE_MINORS = Clause(FACES, "7")
FACE_STORAGE = Clause(FACES, "8")
FACE_ASSESSMENT = Clause(FACES, "9")
FACE_NOT_ALONE = Clause(FACES, "10")
FACE_PLACES = Clause(FACES, "13")
FACE_FILING = Clause(FACES, "15")
NOTICE = Clause(PIPL, "17")
SHORTEST_TIME = Clause(PIPL, "19")
ENTRUSTED = Clause(PIPL, "21")
PUBLIC_CAMERAS = Clause(PIPL, "26")
SEPARATE_CONSENT = Clause(PIPL, "29")
MINORS = Clause(PIPL, "31")
ACCESS_AND_COPY = Clause(PIPL, "45")
DELETION = Clause(PIPL, "47")
SECURITY = Clause(PIPL, "51")
ASSESSMENT = Clause(PIPL, "55、56")
VIDEO_DAYS = Clause(VIDEO)
VIDEO_PLACES = Clause(VIDEO)
