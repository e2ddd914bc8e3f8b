"""What a standard for residential compounds wants, as we read it, compared with a configuration and its walk tests."""

from gateway.privacy.comply.check import Answer, Result, WalkTests, check
from gateway.privacy.comply.standard import Standard, read_standard

__all__ = ["Answer", "Result", "Standard", "WalkTests", "check", "read_standard"]
